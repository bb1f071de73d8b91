/* Rows of columns against a literal loop over strides. */
#include "gather.h"

#include "harness.h"

enum { ROWS = 40, BATCH = 24, AXES = 4 };

/* The value of a number in memory. */
static double value_of(enum number number, const char *x) {
    switch (number) {
    case NUMBER_u8:
        return *(const uint8_t *)x;
    case NUMBER_i64:
        return (double)*(const int64_t *)x;
    case NUMBER_f32:
        return *(const float *)x;
    default:
        return *(const double *)x;
    }
}

static void set_value(enum number number, char *x, double value) {
    if (number == NUMBER_u8)
        *(uint8_t *)x = (uint8_t)value;
    else if (number == NUMBER_i64)
        *(int64_t *)x = (int64_t)value;
    else if (number == NUMBER_f32)
        *(float *)x = (float)value;
    else
        *(double *)x = value;
}

/* Where number i of a row lies, in bytes. */
static int64_t offset_of(int64_t i, const int64_t *extent, const int64_t *stride) {
    int64_t offset = 0;
    for (int d = AXES - 1; d > 0; d--) {
        offset += i % extent[d] * stride[d];
        i /= extent[d];
    }
    return offset;
}

/* A column of rows d1 x d2 x d3; the last axis is apart by `gap` numbers, the second is mirrored if
 * `gap` is above 1. */
static void test_column(enum number number, int64_t size, const int64_t *d, int64_t gap,
                        bool ordered, bool to_int) {
    int64_t extent[AXES] = {ROWS, d[0], d[1], d[2]}, stride[AXES];
    stride[3] = size * gap;
    stride[2] = stride[3] * d[2];
    stride[1] = stride[2] * d[1];
    stride[0] = stride[1] * d[0];
    int64_t row = d[0] * d[1] * d[2], start = 0;
    char *data = malloc((size_t)(stride[0] * ROWS));
    for (int64_t at = 0; at < stride[0] * ROWS; at += size)
        set_value(number, data + at, floor(draw(0, 200)));
    if (gap > 1) {
        start = stride[2] * (d[1] - 1);
        stride[2] = -stride[2];
    }
    char *batch = malloc((size_t)(4 * BATCH * row));
    int64_t order[ROWS];
    for (int i = 0; i < ROWS; i++)
        order[i] = draw_int(0, ROWS);
    struct column column;
    column_init(&column, data + start, AXES, extent, stride, number, to_int, batch);
    assert(column.numbers == row && column.rows == ROWS);
    column.convert = kernels->convert[number][to_int];
    gather(&column, 1, ordered ? order : NULL, 3, BATCH);
    for (int64_t i = 0; i < BATCH * row; i++) {
        int64_t from = ordered ? order[3 + i / row] : 3 + i / row;
        const char *x = data + start + from * stride[0] + offset_of(i % row, extent, stride);
        double got = to_int ? ((int32_t *)batch)[i] : ((float *)batch)[i];
        assert(got == value_of(number, x));
    }
    free(data);
    free(batch);
}

static void tests(void) {
    const enum number numbers[] = {NUMBER_u8, NUMBER_i64, NUMBER_f32, NUMBER_f64};
    const int64_t sizes[] = {1, 8, 4, 8};
    const int64_t shapes[][3] = {{1, 1, 1}, {1, 1, 17}, {3, 5, 7}, {40, 33, 16}};
    for (int threads = 1; threads <= 3; threads += 2) {
        threads_set(threads);
        for (int i = 0; i < 4; i++)
            for (int s = 0; s < 4; s++)
                for (int variant = 0; variant < 8; variant++)
                    test_column(numbers[i], sizes[i], shapes[s], 1 + (variant & 1) * 2, variant & 2,
                                variant & 4);
    }
}

int main(void) { return for_each_isa("gather", tests); }
