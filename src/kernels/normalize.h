/* normalize.h: sweeps of rows of channels with a few numbers for each channel.
 *
 *   normalize     y[r][c] = clip((x[r][c] - mean[c]) factor[c] + shift[c]
 *                                + residual[r][c] residual_factor[c], least, most), and its bits
 *   centred_sums  sum[c] = sum over r of g[r][c], dot[c] = sum over r of g[r][c] (x[r][c] -
 * mean[c])
 */

/* One vec of channels of row r; what the tile has is known ahead. */
BODY void normalize_vec(const struct normalize_tile *t, int64_t r, int64_t c, int lanes,
                        bool residual, bool bits) {
    int64_t at = r * t->channels + c;
    vec mean = load_lanes(t->mean + c, lanes), factor = load_lanes(t->factor + c, lanes);
    vec v = vsub(load_lanes(t->x + at, lanes), mean);
    v = vfma(v, factor, load_lanes(t->shift + c, lanes));
    if (residual) {
        const float *scale = t->residual_factor;
        vec s = scale ? load_lanes(scale + c, lanes) : vset1(1.0f);
        v = vfma(load_lanes(t->residual + at, lanes), s, v);
    }
    v = vmin(vset1(t->most), vmax(vset1(t->least), v)); /* NaN stays */
    store_lanes(t->y + at, v, lanes);
    if (bits) {
        uint8_t *row = t->bits + r * bits_row(t->channels, VLEN);
        vstore_mask(row + c / VLEN * VLEN_BYTES, passes_between(v, t->least, t->last), lanes);
    }
}

/* In the order of memory, which is most of the time: several rows of a vec at once would load less
 * for each channel, and take 1.7 times as long. */
BODY void normalize_rows(const struct normalize_tile *t, bool residual, bool bits) {
    for (int64_t r = 0; r < t->rows; r++) {
        int64_t c = 0;
        for (; c + VLEN <= t->channels; c += VLEN)
            normalize_vec(t, r, c, VLEN, residual, bits);
        if (c < t->channels)
            normalize_vec(t, r, c, (int)(t->channels - c), residual, bits);
    }
}

static void normalize(const struct normalize_tile *t) {
    if (t->bits)
        normalize_rows(t, t->residual != NULL, true);
    else if (t->residual)
        normalize_rows(t, true, false);
    else
        normalize_rows(t, false, false);
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
