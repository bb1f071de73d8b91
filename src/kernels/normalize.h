/* normalize.h: sweeps of rows of channels with a few numbers for each channel.
 *
 *   normalize     y[r][c] = clip((x[r][c] - mean[c]) factor[c] + shift[c]
 *                                + residual[r][c] residual_factor[c], least, most)
 *   centred_sums  sum[c] = sum over r of g[r][c], dot[c] = sum over r of g[r][c] (x[r][c] -
 * mean[c])
 */

enum { CHANNEL_ROWS = 8 }; /* that share what is loaded for a channel */

/* One vec of channels of some rows. */
BODY void normalize_vec(const struct normalize_tile *t, int64_t first, int64_t rows, int64_t c,
                        int lanes, bool residual) {
    vec mean = load_lanes(t->mean + c, lanes), factor = load_lanes(t->factor + c, lanes);
    vec shift = load_lanes(t->shift + c, lanes);
    vec scale = t->residual_factor ? load_lanes(t->residual_factor + c, lanes) : vset1(1.0f);
    vec least = vset1(t->least), most = vset1(t->most);
    for (int64_t r = first; r < first + rows; r++) {
        int64_t at = r * t->channels + c;
        vec v = vfma(vsub(load_lanes(t->x + at, lanes), mean), factor, shift);
        if (residual)
            v = vfma(load_lanes(t->residual + at, lanes), scale, v);
        store_lanes(t->y + at, vmin(most, vmax(least, v)), lanes); /* NaN stays */
    }
}

BODY void normalize_rows(const struct normalize_tile *t, bool residual) {
    for (int64_t r = 0; r < t->rows; r += CHANNEL_ROWS) {
        int64_t rows = t->rows - r < CHANNEL_ROWS ? t->rows - r : CHANNEL_ROWS, c = 0;
        for (; c + VLEN <= t->channels; c += VLEN)
            normalize_vec(t, r, rows, c, VLEN, residual);
        if (c < t->channels)
            normalize_vec(t, r, rows, c, (int)(t->channels - c), residual);
    }
}

static void normalize(const struct normalize_tile *t) {
    if (t->residual)
        normalize_rows(t, true);
    else
        normalize_rows(t, false);
}

/* One vec of channels of at most FOLD_ROWS rows, added to the sums: four rows at a time. */
BODY void centred_sums_block(const struct centred_sums_tile *t, int64_t first, int64_t rows,
                             int64_t c, int lanes) {
    vec sum[4] = {vzero(), vzero(), vzero(), vzero()},
        dot[4] = {vzero(), vzero(), vzero(), vzero()};
    vec mean = load_lanes(t->mean + c, lanes);
    const float *x = t->x + first * t->channels + c, *g = t->g + first * t->channels + c;
    int64_t r = 0, step = t->channels;
    for (; r + 4 <= rows; r += 4)
        UNROLL
    for (int i = 0; i < 4; i++, x += step, g += step) {
        vec gv = load_lanes(g, lanes);
        sum[i] = vadd(sum[i], gv);
        dot[i] = vfma(gv, vsub(load_lanes(x, lanes), mean), dot[i]);
    }
    for (; r < rows; r++, x += step, g += step) {
        vec gv = load_lanes(g, lanes);
        sum[0] = vadd(sum[0], gv);
        dot[0] = vfma(gv, vsub(load_lanes(x, lanes), mean), dot[0]);
    }
    store_lanes(t->sum + c, vadd(load_lanes(t->sum + c, lanes), add_four(sum)), lanes);
    store_lanes(t->dot + c, vadd(load_lanes(t->dot + c, lanes), add_four(dot)), lanes);
}

static void centred_sums(const struct centred_sums_tile *t) {
    fill_sweep(t->sum, t->channels, 0.0f);
    fill_sweep(t->dot, t->channels, 0.0f);
    for (int64_t r = 0; r < t->rows; r += FOLD_ROWS) {
        int64_t rows = t->rows - r < FOLD_ROWS ? t->rows - r : FOLD_ROWS, c = 0;
        for (; c + VLEN <= t->channels; c += VLEN)
            centred_sums_block(t, r, rows, c, VLEN);
        if (c < t->channels)
            centred_sums_block(t, r, rows, c, (int)(t->channels - c));
    }
}
