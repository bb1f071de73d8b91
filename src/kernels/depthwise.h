/* depthwise.h: convolution of each channel by itself, vectorised along channels.
 *
 *   depthwise        c[p][j] = act(bias[j] + sum over taps t of a[t][p][j] * b[t][j])
 *   depthwise_outer  c[t][j] (+)= sum over pixels p of a[t][p][j] * b[p][j]
 *
 * A tile is 1 to 4 pixels (outer: taps) x 1 or 2 vecs of channels; a last, partial vec goes alone.
 */

enum { DEPTHWISE_ROWS = 4, DEPTHWISE_NV = 2 };

TILE_INLINE void depthwise_tile(const struct depthwise *g, int64_t row, int64_t channel, bool outer,
                                int mr, int nv, int lanes) {
    vec acc[DEPTHWISE_ROWS][DEPTHWISE_NV];
    for (int i = 0; i < mr; i++)
        for (int j = 0; j < nv; j++)
            acc[i][j] = vzero();
    int64_t row_step = outer ? g->a_stride : 1, sum_step = outer ? 1 : g->a_stride;
    const float *const *a = g->a + row * row_step;
    const float *b = g->b + channel;
    for (int64_t k = 0; k < g->terms; k++, a += sum_step, b += g->b_stride)
        for (int j = 0; j < nv; j++) {
            vec bv = load_lanes(b + j * VLEN, lanes);
            for (int i = 0; i < mr; i++) {
                const float *x = a[i * row_step] + channel + j * VLEN;
                acc[i][j] = vfma(load_lanes(x, lanes), bv, acc[i][j]);
            }
        }
    for (int i = 0; i < mr; i++)
        for (int j = 0; j < nv; j++) {
            int64_t at = channel + j * VLEN;
            float *c = (outer ? g->c_base + (row + i) * g->c_stride : g->c[row + i]) + at;
            vec sum = acc[i][j];
            if (g->bias)
                sum = vadd(sum, load_lanes(g->bias + at, lanes));
            if (g->add)
                sum = vadd(load_lanes(c, lanes), sum);
            if (g->relu)
                sum = vmax(vzero(), sum); /* NaN stays */
            store_lanes(c, sum, lanes);
        }
}

TILE_INLINE void depthwise_rows(const struct depthwise *g, int64_t channel, bool outer, int nv,
                                int lanes) {
    int64_t tiles = (g->rows + DEPTHWISE_ROWS - 1) / DEPTHWISE_ROWS;
    for (int64_t row = 0, mr; tiles > 0; row += mr, tiles--) {
        mr = (g->rows - row + tiles - 1) / tiles;
        switch (mr) {
        case 1:
            depthwise_tile(g, row, channel, outer, 1, nv, lanes);
            break;
        case 2:
            depthwise_tile(g, row, channel, outer, 2, nv, lanes);
            break;
        case 3:
            depthwise_tile(g, row, channel, outer, 3, nv, lanes);
            break;
        case 4:
            depthwise_tile(g, row, channel, outer, 4, nv, lanes);
            break;
        }
    }
}

TILE_INLINE void depthwise_channels(const struct depthwise *g, bool outer) {
    int64_t channel = 0;
    for (; channel + DEPTHWISE_NV * VLEN <= g->channels; channel += DEPTHWISE_NV * VLEN)
        depthwise_rows(g, channel, outer, DEPTHWISE_NV, VLEN);
    for (; channel + VLEN <= g->channels; channel += VLEN)
        depthwise_rows(g, channel, outer, 1, VLEN);
    if (channel < g->channels)
        depthwise_rows(g, channel, outer, 1, (int)(g->channels - channel));
}

static void depthwise(const struct depthwise *g) { depthwise_channels(g, false); }

static void depthwise_outer(const struct depthwise *g) { depthwise_channels(g, true); }
