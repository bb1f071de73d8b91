/* narrow_weights.h: kernel gradients of convolution in groups narrower than a vec (narrow.h), along
 * one row of pixels.
 *
 *   b[l][t][k][c] += sum over pixels p of x[l][p * in_step + t * tap_step][of(c) + k] * y[p][c] */

enum { NARROW_LINES = 3, NARROW_CHUNK = 32 };

/* Adds one pixel, whose taps may lie outside. */
TILE_INLINE void narrow_outer_edge(vec acc[NARROW_LINES][NARROW_TAPS], const struct narrow *g,
                                   int64_t line, int64_t k, int64_t pixel, int64_t channel,
                                   int lines, int taps, enum fetch fetch) {
    vec yv = vload(g->y + pixel * g->y_pixel + channel);
    UNROLL
    for (int t = 0; t < taps; t++) {
        int64_t position = pixel * g->in_step + t * g->tap_step;
        if (!narrow_source(g, &position))
            continue;
        UNROLL
        for (int l = 0; l < lines; l++) {
            const float *x = g->x[line + l] + channel + position * g->x_channels;
            acc[l][t] = vfma(narrow_fetch(g, x, k, VLEN, fetch), yv, acc[l][t]);
        }
    }
}

/* The sums of one input channel over some pixels, for taps whose reads are shared, of one line or
 * of three at once. Of one line, sums of even and of odd pixels are apart where taps are few, so
 * that enough of them are on their way. */
TILE_INLINE void narrow_outer_taps(const struct narrow *g, int64_t line, int64_t k, int64_t pixel,
                                   int64_t last, int64_t channel, int lines, int taps, int step,
                                   enum fetch fetch) {
    enum { PIXELS = 4 };
    vec acc[NARROW_LINES][NARROW_TAPS];
    UNROLL
    for (int l = 0; l < NARROW_LINES; l++)
        UNROLL
    for (int t = 0; t < taps; t++)
        acc[l][t] = vzero();
    while (pixel < last) {
        const float *y = g->y + pixel * g->y_pixel + channel;
        if (pixel + PIXELS > last || !narrow_clear(g, pixel, PIXELS)) {
            narrow_outer_edge(acc, g, line, k, pixel++, channel, lines, taps, fetch);
            continue;
        }
        vec yv[PIXELS];
        UNROLL
        for (int i = 0; i < PIXELS; i++, y += g->y_pixel) {
            NARROW_ADDRESS(y);
            yv[i] = vkeep(vload(y));
        }
        UNROLL
        for (int l = 0; l < lines; l++) {
            const float *x = g->x[line + l] + pixel * g->in_step * g->x_channels + channel;
            UNROLL
            for (int j = 0; j < (PIXELS - 1) * step + taps; j++, x += g->tap_step * g->x_channels) {
                NARROW_ADDRESS(x);
                vec xv = vkeep(narrow_fetch(g, x, k, VLEN, fetch));
                UNROLL
                for (int t = 0; t < taps; t++)
                    if (j >= t && (j - t) % step == 0 && (j - t) / step < PIXELS) {
                        int i = (j - t) / step, sum = lines > 1 ? l : taps > 3 ? 0 : i % 2;
                        acc[sum][t] = vfma(xv, yv[i], acc[sum][t]);
                    }
            }
        }
        pixel += PIXELS;
    }
    UNROLL
    for (int l = 0; l < lines; l++) {
        float *b = g->b[line + l] + k * g->channels + channel;
        UNROLL
        for (int t = 0; t < taps; t++) {
            vec sum = lines > 1 ? acc[l][t] : vadd(acc[0][t], acc[1][t]);
            vstore(b + t * g->b_tap, vadd(vload(b + t * g->b_tap), sum));
        }
    }
}

/* The pixels among [first, last) whose tap t lies in the row. */
TILE_INLINE int64_t narrow_begin(const struct narrow *g, int64_t t, int64_t first, int64_t last) {
    while (first < last && first * g->in_step + t * g->tap_step < g->in_first)
        first++;
    return first;
}

TILE_INLINE int64_t narrow_finish(const struct narrow *g, int64_t t, int64_t first, int64_t last) {
    while (first < last && (last - 1) * g->in_step + t * g->tap_step >= g->in_last)
        last--;
    return last;
}

/* The sum of one tap over pixels [first, last), which all read inside or one by one by the mode. */
TILE_INLINE vec narrow_outer_sum(const struct narrow *g, const float *x, int64_t t, int64_t k,
                                 int64_t first, int64_t last, struct narrow_vec v, enum fetch fetch,
                                 bool edge) {
    const int64_t tap = t * g->tap_step;
    const float *y = g->y + first * g->y_pixel + v.y;
    vec acc[4] = {vzero(), vzero(), vzero(), vzero()};
    if (!edge) {
        const float *at = x + (first * g->in_step + tap) * g->x_channels;
        for (; first + 4 <= last; first += 4)
            UNROLL
        for (int i = 0; i < 4; i++, at += g->in_step * g->x_channels, y += g->y_pixel)
            acc[i] =
                vfma(narrow_fetch(g, at, k, v.x_lanes, fetch), load_lanes(y, v.y_lanes), acc[i]);
    }
    for (; first < last; first++, y += g->y_pixel) {
        const float *from = narrow_read(g, x, first * g->in_step + tap);
        if (from)
            acc[0] =
                vfma(narrow_fetch(g, from, k, v.x_lanes, fetch), load_lanes(y, v.y_lanes), acc[0]);
    }
    return vadd(vadd(acc[0], acc[1]), vadd(acc[2], acc[3]));
}

/* The sums of one line and input channel, tap by tap. */
TILE_INLINE void narrow_outer_any(const struct narrow *g, int64_t line, int64_t k, int64_t pixel,
                                  int64_t last, struct narrow_vec v, enum fetch fetch) {
    const float *x = g->x[line] + v.x;
    float *b = g->b[line] + k * g->channels + v.y;
    for (int64_t t = 0; t < g->taps; t++, b += g->b_tap) {
        int64_t begin = narrow_begin(g, t, pixel, last), end = narrow_finish(g, t, begin, last);
        vec sum = narrow_outer_sum(g, x, t, k, begin, end, v, fetch, false);
        if (g->mode != MODE_ZEROS) {
            sum = vadd(sum, narrow_outer_sum(g, x, t, k, pixel, begin, v, fetch, true));
            sum = vadd(sum, narrow_outer_sum(g, x, t, k, end, last, v, fetch, true));
        }
        store_lanes(b, vadd(load_lanes(b, v.y_lanes), sum), v.y_lanes);
    }
}

TILE_INLINE void narrow_outer_vec(const struct narrow *g, int64_t pixel, int64_t last,
                                  struct narrow_vec v, int taps, int step, enum fetch fetch) {
    for (int64_t k = 0; k < g->inner; k++) {
        if (taps == NARROW_LINES && g->lines == NARROW_LINES) {
            narrow_outer_taps(g, 0, k, pixel, last, v.y, NARROW_LINES, taps, step, fetch);
            continue;
        }
        for (int64_t l = 0; l < g->lines; l++)
            if (taps > 0)
                narrow_outer_taps(g, l, k, pixel, last, v.y, 1, taps, step, fetch);
            else
                narrow_outer_any(g, l, k, pixel, last, v, fetch);
    }
}

/* Chunks of few pixels: what one vec after the other reads of them stays in the cache. */
TILE_INLINE void narrow_outer_pixels(const struct narrow *g, int taps, int step, enum fetch fetch) {
    int64_t whole = narrow_whole(g);
    for (int64_t pixel = 0, last; pixel < g->pixels; pixel = last) {
        last = pixel + NARROW_CHUNK < g->pixels ? pixel + NARROW_CHUNK : g->pixels;
        for (int64_t y = 0; y < whole; y += VLEN)
            narrow_outer_vec(g, pixel, last, (struct narrow_vec){y, y, VLEN, VLEN}, taps, step,
                             fetch);
    }
}

TILE_INLINE void narrow_outer_rest(const struct narrow *g, int64_t y, enum fetch fetch) {
    for (struct narrow_vec v; y < g->channels; y += v.y_lanes) {
        v = narrow_at(g, y);
        narrow_outer_vec(g, 0, g->pixels, v, 0, 0, fetch);
    }
}

TILE_INLINE void narrow_outer_shaped(const struct narrow *g, enum fetch fetch) {
    if (g->taps == 3 && g->in_step == g->tap_step)
        narrow_outer_pixels(g, 3, 1, fetch);
    else if (g->taps == 3 && g->in_step == 2 * g->tap_step)
        narrow_outer_pixels(g, 3, 2, fetch);
    else if (g->taps == 5 && g->in_step == g->tap_step)
        narrow_outer_pixels(g, 5, 1, fetch);
    else
        narrow_outer_pixels(g, 0, 0, fetch);
}

static void narrow_outer(const struct narrow *g) {
    if (g->inner == 1 && g->outer == 1) {
        narrow_outer_shaped(g, FETCH_LOAD);
        narrow_outer_rest(g, narrow_whole(g), FETCH_LOAD);
    } else if (g->inner <= VLEN && g->outer <= VLEN) {
        narrow_outer_shaped(g, FETCH_PERMUTE);
        narrow_outer_rest(g, narrow_whole(g), FETCH_PERMUTE);
    } else {
        narrow_outer_rest(g, 0, FETCH_BROADCAST);
    }
}
