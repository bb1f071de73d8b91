/* resample.h: rows of a sparse matrix times rows of `channels` floats, `step` apart. */

/* y[r][c] = sum_k weights[k] x[columns[k]][c] for one vec of channels, n <= VLEN */
BODY void gather_vec(const struct sparse_tile *t, int64_t r, int64_t c, int n) {
    vec sum = vzero();
    for (int64_t k = t->starts[r]; k < t->starts[r + 1]; k++)
        sum = vfma(vset1(t->weights[k]), load_lanes(t->x + t->columns[k] * t->step + c, n), sum);
    store_lanes(t->y + r * t->step + c, sum, n);
}

/* x[columns[k]][c] += weights[k] y[r][c] */
BODY void scatter_vec(const struct sparse_tile *t, int64_t r, int64_t c, int n) {
    vec y = load_lanes(t->y + r * t->step + c, n);
    for (int64_t k = t->starts[r]; k < t->starts[r + 1]; k++) {
        float *x = t->x + t->columns[k] * t->step + c;
        store_lanes(x, vfma(vset1(t->weights[k]), y, load_lanes(x, n)), n);
    }
}

BODY void sparse_row(void (*body)(const struct sparse_tile *, int64_t, int64_t, int),
                     const struct sparse_tile *t, int64_t r) {
    int64_t c = 0;
    for (; c + VLEN <= t->channels; c += VLEN)
        body(t, r, c, VLEN);
    if (c < t->channels)
        body(t, r, c, (int)(t->channels - c));
}

static void sparse_gather(const struct sparse_tile *t) {
    for (int64_t r = 0; r < t->rows; r++)
        if (t->channels == 1) {
            float sum = 0;
            for (int64_t k = t->starts[r]; k < t->starts[r + 1]; k++)
                sum += t->weights[k] * t->x[t->columns[k] * t->step];
            t->y[r * t->step] = sum;
        } else {
            sparse_row(gather_vec, t, r);
        }
}

static void sparse_scatter(const struct sparse_tile *t) {
    for (int64_t r = 0; r < t->rows; r++)
        sparse_row(scatter_vec, t, r);
}

/* products[k] = sum_c x[columns[k]][c] y[r][c] for each entry k of each row r */
static void sparse_dot(const struct sparse_tile *t, float *products) {
    for (int64_t r = 0; r < t->rows; r++)
        for (int64_t k = t->starts[r]; k < t->starts[r + 1]; k++) {
            const float *x = t->x + t->columns[k] * t->step, *y = t->y + r * t->step;
            vec sum = vzero();
            for (int64_t c = 0; c < t->channels; c += VLEN) {
                int n = lanes_of(c, t->channels);
                sum = vfma(load_lanes(x + c, n), load_lanes(y + c, n), sum);
            }
            products[k] = first_lane(fold_lanes(FOLD_sum, sum));
        }
}
