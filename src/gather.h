/* gather.h: rows of arrays of any numbers and strides, brought into batches of float32 or int32. */
#ifndef PYCONV_GATHER_H
#define PYCONV_GATHER_H

#include <stdint.h>

#include "kernels/kernels.h"

enum { GATHER_AXES = 32 }; /* of a row; neighbours that lie side by side count as one */

/* A column of a data set and its batch, which is C-contiguous. Strides in bytes, of any sign. */
struct column {
    const char *data; /* of row 0 */
    int64_t rows, row_stride;
    int32_t axes; /* of a row, at least one; the last runs fastest */
    int64_t extent[GATHER_AXES], stride[GATHER_AXES];
    int64_t numbers; /* of a row */
    convert_kernel *convert;
    char *batch;
};

/* Describes a column whose numbers have this type. extent and stride have `axes` entries, rows
 * first. */
void column_init(struct column *column, const void *data, int axes, const int64_t *extent,
                 const int64_t *stride, enum number number, bool to_int, void *batch);

/* Nanoseconds on one core, roughly. */
double gather_cost(const struct column *columns, int count, int64_t rows);

/* batch[i] = row order[i] of every column, or without an order row first + i. */
void gather(const struct column *columns, int count, const int64_t *order, int64_t first,
            int64_t rows);

#endif
