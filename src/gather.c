/* gather.c: tasks are some rows of one column, cut by the column's shape. */
#include "gather.h"

#include <stdbool.h>

#include "cpu.h"
#include "threads.h"

enum { TASK_NUMBERS = 1 << 16, NUMBER_BYTES = 4 /* in a batch */ };
enum { FETCH_ROWS = 8, FETCH_BYTES = 512, CACHE_LINE = 64 };
static const double NS_PER_NUMBER = 0.25, NS_PER_ROW = 3, WAKE_COST = 20e3;

/* Appends an axis to those of a row; one that goes on where the axis before it steps is that one.
 */
static void add_axis(struct column *c, int64_t extent, int64_t stride) {
    if (extent == 1)
        return;
    int32_t last = c->axes - 1;
    if (last >= 0 && c->stride[last] == extent * stride) {
        c->extent[last] *= extent;
        c->stride[last] = stride;
        return;
    }
    c->extent[c->axes] = extent;
    c->stride[c->axes++] = stride;
}

void column_init(struct column *c, const void *data, int axes, const int64_t *extent,
                 const int64_t *stride, enum number number, bool to_int, void *batch) {
    *c = (struct column){.data = data,
                         .rows = extent[0],
                         .row_stride = stride[0],
                         .numbers = 1,
                         .convert = kernels_chosen()->convert[number][to_int],
                         .batch = batch};
    for (int i = 1; i < axes; i++) {
        c->numbers *= extent[i];
        add_axis(c, extent[i], stride[i]);
    }
    if (c->axes == 0) { /* a number a row, one axis of which is left */
        c->extent[0] = 1;
        c->stride[0] = stride[0];
        c->axes = 1;
    }
}

/* One row: the innermost axis is a call, the others count like an odometer. */
static void gather_row(const struct column *c, const char *x, char *y) {
    const int32_t inner = c->axes - 1;
    if (inner == 0) {
        c->convert(x, c->stride[0], c->extent[0], y);
        return;
    }
    int64_t index[GATHER_AXES] = {0};
    for (;;) {
        c->convert(x, c->stride[inner], c->extent[inner], y);
        y += c->extent[inner] * NUMBER_BYTES;
        int32_t d = inner - 1;
        for (; d >= 0; d--) {
            x += c->stride[d];
            if (++index[d] < c->extent[d])
                break;
            x -= c->extent[d] * c->stride[d];
            index[d] = 0;
        }
        if (d < 0)
            return;
    }
}

/* Whether rows in order are one run of numbers. */
static bool runs_on(const struct column *c) {
    return c->axes == 1 && c->row_stride == c->extent[0] * c->stride[0];
}

struct gather_args {
    const struct column *columns;
    const int64_t *order;
    int64_t first, rows;
};

static const char *row_of(const struct gather_args *a, const struct column *c, int64_t i) {
    return c->data + (a->order ? a->order[a->first + i] : a->first + i) * c->row_stride;
}

/* Asks for the lines of a row whose turn comes soon; in long rows the hardware sees a stream. */
static void fetch_row(const struct column *c, const char *x) {
    int64_t bytes = c->axes == 1 ? c->extent[0] * c->stride[0] : 0;
    for (int64_t at = 0; at < bytes && at < FETCH_BYTES; at += CACHE_LINE)
        __builtin_prefetch(x + at);
}

static void gather_rows(const struct gather_args *a, const struct column *c, int64_t from,
                        int64_t to) {
    char *y = c->batch + from * c->numbers * NUMBER_BYTES;
    if (c->numbers == 0)
        return;
    if (!a->order && runs_on(c)) {
        const char *x = c->data + (a->first + from) * c->row_stride;
        c->convert(x, c->stride[0], (to - from) * c->numbers, y);
        return;
    }
    for (int64_t i = from; i < to; i++, y += c->numbers * NUMBER_BYTES) {
        if (i + FETCH_ROWS < to)
            fetch_row(c, row_of(a, c, i + FETCH_ROWS));
        gather_row(c, row_of(a, c, i), y);
    }
}

static int64_t column_tasks(const struct column *c, int64_t rows) {
    int64_t tasks = rows * c->numbers / TASK_NUMBERS + 1;
    return tasks < rows ? tasks : rows;
}

static void gather_task(void *arg, int64_t task, int thread) {
    (void)thread;
    const struct gather_args *a = arg;
    const struct column *c = a->columns;
    int64_t tasks = column_tasks(c, a->rows);
    while (task >= tasks) {
        task -= tasks;
        tasks = column_tasks(++c, a->rows);
    }
    gather_rows(a, c, a->rows * task / tasks, a->rows * (task + 1) / tasks);
}

double gather_cost(const struct column *columns, int count, int64_t rows) {
    double cost = 0;
    for (int i = 0; i < count; i++)
        cost += (double)rows * (NS_PER_ROW + NS_PER_NUMBER * (double)columns[i].numbers);
    return cost;
}

void gather(const struct column *columns, int count, const int64_t *order, int64_t first,
            int64_t rows) {
    struct gather_args args = {columns, order, first, rows};
    int64_t tasks = 0;
    for (int i = 0; i < count; i++)
        tasks += column_tasks(&columns[i], rows);
    unsigned caller = fp_enter(); /* as the pool's threads have it */
    if (tasks > 1 && gather_cost(columns, count, rows) >= WAKE_COST && team_enter()) {
        team_run(tasks, gather_task, &args);
        team_leave();
    } else {
        for (int64_t task = 0; task < tasks; task++)
            gather_task(&args, task, 0);
    }
    fp_leave(caller);
}
