/* narrow.h: convolution in groups narrower than a vec, along one row of pixels. A vec holds the
 * output channels of several groups; its lanes are multiplied by channels of their own group, which
 * a permutation of the groups' input channels brings there. A group of one channel in and out
 * (depthwise convolution) needs none.
 *
 *   y[p][c] = finish(sum over lines l, channels k and taps t of
 *                  x[l][p * in_step + t * tap_step][of(c) + k] * b[l][t][k][c])
 *
 * with of(c) the first input channel of c's group, and without the taps that read outside of the
 * row. A tile is 4 or 8 pixels x one vec, or 4 x two. Where taps of one pixel are taps of its
 * neighbours, what they read is loaded once. */

enum { NARROW_PIXELS = 8, NARROW_TAPS = 5 };

/* Where a vec is less than a cache line, tiles of few pixels are two vecs wide: each half of a line
 * by itself would be read from the second-level cache again, and a power of two channels apart no
 * line stays in the first (depthwise, 512 channels at 14x14 with AVX2: 18 to 29 % of the FMA peak).
 */
enum { NARROW_VECS = 2, NARROW_WIDE_TAPS = 3 };

/* That a tile reads, at most: of pixels two taps apart. */
enum { NARROW_POSITIONS = (NARROW_PIXELS - 1) * 2 + NARROW_TAPS };

/* How the lanes of a vec get their input channel. */
enum fetch { FETCH_LOAD, FETCH_PERMUTE, FETCH_BROADCAST };

/* One address that moves on, or gcc 12 keeps one for each step and spills them. */
#define NARROW_ADDRESS(x) __asm__ volatile("" : "+r"(x))

/* A vec of the output channels: where it begins and how many lanes count, on both sides. */
struct narrow_vec {
    int64_t x, y;
    int x_lanes, y_lanes;
};

TILE_INLINE vec narrow_fetch(const struct narrow *g, const float *x, int64_t k, int x_lanes,
                             enum fetch fetch) {
    switch (fetch) {
    case FETCH_LOAD:
        return load_lanes(x, x_lanes);
    case FETCH_PERMUTE:
        return vpermute(load_lanes(x, x_lanes), g->lane[k]);
    default:
        return vset1(x[k]);
    }
}

/* Whether something is read at a position, and then at which: outside it is the mode's. A tile's
 * pixels beyond the end of a row may be too far out for any mode. */
TILE_INLINE bool narrow_source(const struct narrow *g, int64_t *position) {
    if (*position >= g->in_first && *position < g->in_last)
        return true;
    int64_t size = g->in_last - g->in_first;
    int64_t source = mode_source(g->mode, *position - g->in_first, size);
    *position = source + g->in_first;
    return source >= 0 && source < size;
}

/* What is read at a position: x is the row's position 0. NULL: zeros. */
TILE_INLINE const float *narrow_read(const struct narrow *g, const float *x, int64_t position) {
    return narrow_source(g, &position) ? x + position * g->x_channels : NULL;
}

/* All taps of one line and input channel, each by itself. x: position 0 of the row. */
TILE_INLINE void narrow_any_taps(vec *acc, const struct narrow *g, const float *x, const float *b,
                                 int64_t pixel, int64_t k, struct narrow_vec v, int pixels,
                                 enum fetch fetch, bool edge) {
    for (int64_t t = 0; t < g->taps; t++, b += g->b_tap) {
        vec bv = load_lanes(b, v.y_lanes);
        int64_t position = pixel * g->in_step + t * g->tap_step;
        const float *at = x + position * g->x_channels;
        UNROLL
        for (int i = 0; i < pixels; i++, at += g->in_step * g->x_channels) {
            NARROW_ADDRESS(at);
            const float *from = edge ? narrow_read(g, x, position + i * g->in_step) : at;
            if (!edge || from)
                acc[i] = vfma(narrow_fetch(g, from, k, v.x_lanes, fetch), bv, acc[i]);
        }
    }
}

/* What one position or one tap has: a vec or two, side by side. */
TILE_INLINE void narrow_load(vec *v, const float *from, int vecs) {
    UNROLL
    for (int u = 0; u < vecs; u++)
        v[u] = vload(from + u * VLEN);
}

/* Adds what is read at position j of a tile, in one of its vecs, to the pixels whose taps read it.
 */
TILE_INLINE void narrow_add(vec *acc, const vec *bv, vec xv, int j, int pixels, int vecs, int taps,
                            int step) {
    UNROLL
    for (int t = 0; t < taps; t++) {
        int i = (j - t) / step;
        if (j >= t && (j - t) % step == 0 && i < pixels)
            acc[i * vecs] = vfma(xv, bv[t * vecs], acc[i * vecs]);
    }
}

/* Where a tile that may read outside of the row reads, the same in all lines: floats from position
 * 0 of the row, or NARROW_NOWHERE. */
#define NARROW_NOWHERE INT64_MIN
TILE_INLINE void narrow_places(int64_t *places, const struct narrow *g, int64_t pixel,
                               int positions) {
    for (int j = 0; j < positions; j++) {
        int64_t position = pixel * g->in_step + j * g->tap_step;
        places[j] = narrow_source(g, &position) ? position * g->x_channels : NARROW_NOWHERE;
    }
}

/* The same of single channels, for a constant number of taps, of pixels whose taps begin `step`
 * taps apart: position j is what tap t of pixel (j - t) / step reads. */
TILE_INLINE void narrow_taps(vec *acc, const struct narrow *g, const float *x, const float *b,
                             int64_t pixel, const int64_t *places, int pixels, int vecs, int taps,
                             int step, bool edge) {
    const float *at = x + pixel * g->in_step * g->x_channels;
    vec bv[NARROW_TAPS * NARROW_VECS];
    UNROLL
    for (int t = 0; t < taps; t++)
        narrow_load(bv + t * vecs, b + t * g->b_tap, vecs);
    UNROLL
    for (int j = 0; j < (pixels - 1) * step + taps; j++, at += g->tap_step * g->x_channels) {
        NARROW_ADDRESS(at);
        const float *from = at;
        if (edge) {
            if (places[j] == NARROW_NOWHERE)
                continue;
            from = x + places[j];
            NARROW_ADDRESS(from);
        }
        UNROLL
        for (int u = 0; u < vecs; u++)
            narrow_add(acc + u, bv + u, vkeep(vload(from + u * VLEN)), j, pixels, vecs, taps, step);
    }
}

/* The same for all input channels of a group: what the tile reads is held side by side, or lines a
 * large power of two apart would push each other out of the cache between one channel and the next.
 */
TILE_INLINE void narrow_group_taps(vec *acc, const struct narrow *g, const float *x, const float *b,
                                   int64_t pixel, const int64_t *places, int pixels, int taps,
                                   int step, bool edge) {
    const int positions = (pixels - 1) * step + taps;
    const float *at = x + pixel * g->in_step * g->x_channels;
    for (int j = 0; j < positions; j++, at += g->tap_step * g->x_channels) {
        bool nowhere = edge && places[j] == NARROW_NOWHERE;
        vstore(g->held + j * VLEN, nowhere ? vzero() : vload(edge ? x + places[j] : at));
    }
    for (int64_t k = 0; k < g->inner; k++, b += g->channels) {
        const float *held = g->held;
        __asm__ volatile("" : "+r"(held) : : "memory"); /* or gcc holds them on the stack as well */
        vec bv[NARROW_TAPS];
        UNROLL
        for (int t = 0; t < taps; t++)
            bv[t] = vload(b + t * g->b_tap);
        UNROLL
        for (int j = 0; j < positions; j++) {
            vec xv = vkeep(vpermute(vload(held + j * VLEN), g->lane[k]));
            narrow_add(acc, bv, xv, j, pixels, 1, taps, step);
        }
    }
}

/* taps = 0: any number. */
TILE_INLINE void narrow_tile(const struct narrow *g, int64_t pixel, const int64_t *places,
                             struct narrow_vec v, int pixels, int vecs, int taps, int step,
                             enum fetch fetch, bool edge) {
    const int64_t lines = g->lines;
    vec acc[NARROW_PIXELS];
    UNROLL
    for (int i = 0; i < pixels * vecs; i++)
        acc[i] = vzero();
    for (int64_t l = 0; l < lines; l++) {
        const float *x = g->x[l] + v.x, *b = g->b[l] + v.y;
        if (taps > 0 && fetch == FETCH_LOAD)
            narrow_taps(acc, g, x, b, pixel, places, pixels, vecs, taps, step, edge);
        else if (taps > 0)
            narrow_group_taps(acc, g, x, b, pixel, places, pixels, taps, step, edge);
        else
            for (int64_t k = 0; k < g->inner; k++)
                narrow_any_taps(acc, g, x, b + k * g->channels, pixel, k, v, pixels, fetch, edge);
    }
    UNROLL
    for (int u = 0; u < vecs; u++) {
        vec bias = finish_bias(g->finish, v.y + u * VLEN, v.y_lanes);
        float *y = g->y + pixel * g->y_pixel + v.y + u * VLEN;
        UNROLL
        for (int i = 0; i < pixels; i++, y += g->y_pixel)
            if (!edge || pixel + i < g->pixels)
                store_lanes(y,
                            finish_without_bits(g->finish, acc[i * vecs + u], bias, y, v.y_lanes),
                            v.y_lanes);
    }
}

/* The vec that begins with output channel y. */
TILE_INLINE struct narrow_vec narrow_at(const struct narrow *g, int64_t y) {
    int64_t left = g->channels - y, in_group = g->outer - y % g->outer;
    int64_t lanes = g->lanes < left ? g->lanes : left;
    if (g->lanes < g->outer && lanes > in_group)
        lanes = in_group;
    return (struct narrow_vec){y / g->outer * g->inner, y, (int)(lanes / g->outer * g->inner),
                               (int)lanes};
}

/* Whether all taps of all these pixels lie in the row. */
TILE_INLINE bool narrow_clear(const struct narrow *g, int64_t pixel, int64_t pixels) {
    int64_t first = pixel * g->in_step;
    int64_t last = first + (pixels - 1) * g->in_step + (g->taps - 1) * g->tap_step;
    return pixel + pixels <= g->pixels && first >= g->in_first && last < g->in_last;
}

/* Whether tiles are two vecs wide: of single channels, while accumulators and taps are registers.
 */
TILE_INLINE bool narrow_is_wide(int taps, enum fetch fetch) {
    return VLEN < LINE && fetch == FETCH_LOAD && taps > 0 && taps <= NARROW_WIDE_TAPS;
}

/* Whole vecs of output channels [y, last) of some pixels. */
TILE_INLINE void narrow_vecs(const struct narrow *g, int64_t pixel, int64_t y, int64_t last,
                             int pixels, int taps, int step, enum fetch fetch, bool edge) {
    int64_t places[NARROW_POSITIONS];
    if (edge && taps > 0)
        narrow_places(places, g, pixel, (pixels - 1) * step + taps);
    if (pixels * NARROW_VECS <= NARROW_PIXELS && narrow_is_wide(taps, fetch))
        for (; y + NARROW_VECS * VLEN <= last; y += NARROW_VECS * VLEN)
            narrow_tile(g, pixel, places, (struct narrow_vec){y, y, VLEN, VLEN}, pixels,
                        NARROW_VECS, taps, step, fetch, edge);
    for (; y < last; y += VLEN)
        narrow_tile(g, pixel, places, (struct narrow_vec){y, y, VLEN, VLEN}, pixels, 1, taps, step,
                    fetch, edge);
}

TILE_INLINE void narrow_part(const struct narrow *g, int64_t y, int64_t last, int taps, int step,
                             enum fetch fetch) {
    enum { FEW = NARROW_PIXELS / NARROW_VECS };
    for (int64_t pixel = 0, n; pixel < g->pixels; pixel += n) {
        n = g->pixels - pixel > FEW && !narrow_is_wide(taps, fetch) ? NARROW_PIXELS : FEW;
        bool clear = narrow_clear(g, pixel, n);
        if (n == NARROW_PIXELS && clear)
            narrow_vecs(g, pixel, y, last, NARROW_PIXELS, taps, step, fetch, false);
        else if (n == NARROW_PIXELS)
            narrow_vecs(g, pixel, y, last, NARROW_PIXELS, taps, step, fetch, true);
        else if (clear)
            narrow_vecs(g, pixel, y, last, FEW, taps, step, fetch, false);
        else
            narrow_vecs(g, pixel, y, last, FEW, taps, step, fetch, true);
    }
}

/* Channels from y on that make no whole vec. */
TILE_INLINE void narrow_rest(const struct narrow *g, int64_t y, enum fetch fetch) {
    enum { FEW = NARROW_PIXELS / 2 };
    for (struct narrow_vec v; y < g->channels; y += v.y_lanes) {
        v = narrow_at(g, y);
        for (int64_t pixel = 0; pixel < g->pixels; pixel += FEW)
            narrow_tile(g, pixel, NULL, v, FEW, 1, 0, 0, fetch, true);
    }
}

/* Channels that make whole vecs: those of groups with as many channels in as out. */
TILE_INLINE int64_t narrow_whole(const struct narrow *g) {
    return g->inner == g->outer && g->lanes == VLEN ? g->channels / VLEN * VLEN : 0;
}

/* Single channels go tile by tile of pixels, in the order of memory; groups vec by vec, whose
 * weights then stay in the cache. */
TILE_INLINE void narrow_pixels(const struct narrow *g, int taps, int step, enum fetch fetch) {
    int64_t whole = narrow_whole(g);
    if (fetch == FETCH_LOAD)
        narrow_part(g, 0, whole, taps, step, fetch);
    else
        for (int64_t y = 0; y < whole; y += VLEN)
            narrow_part(g, y, y + VLEN, taps, step, fetch);
}

/* Taps whose reads are shared: up to 3 or 5, of pixels whose taps begin one or two taps apart.
 * Backward_data of stride 2 has phases of one and of two taps of a kernel of 3. */
TILE_INLINE void narrow_shaped(const struct narrow *g, enum fetch fetch) {
    bool near = g->in_step == g->tap_step;
    if (g->taps == 1)
        narrow_pixels(g, 1, 1, fetch);
    else if (g->taps == 2 && near)
        narrow_pixels(g, 2, 1, fetch);
    else if (g->taps == 3 && near)
        narrow_pixels(g, 3, 1, fetch);
    else if (g->taps == 3 && g->in_step == 2 * g->tap_step)
        narrow_pixels(g, 3, 2, fetch);
    else if (g->taps == 5 && near)
        narrow_pixels(g, 5, 1, fetch);
    else
        narrow_pixels(g, 0, 0, fetch);
}

static void narrow(const struct narrow *g) {
    if (g->inner == 1 && g->outer == 1) {
        narrow_shaped(g, FETCH_LOAD);
        narrow_rest(g, narrow_whole(g), FETCH_LOAD);
    } else if (g->inner <= VLEN && g->outer <= VLEN) {
        narrow_shaped(g, FETCH_PERMUTE);
        narrow_rest(g, narrow_whole(g), FETCH_PERMUTE);
    } else {
        narrow_rest(g, 0, FETCH_BROADCAST);
    }
}
