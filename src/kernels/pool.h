/* pool.h: windows of NDHWC images, a vec of channels at a time. Max pooling's cell is the first of
 * its window, in row-major order, that holds the largest number (a NaN counts as largest). */

/* The window of one output cell for n channels, n <= VLEN; offsets in x, in y, and in the codes. */
struct pool_at {
    int64_t x, y, code;
    int n;
};
typedef void pool_body(const struct pool_tile *t, const struct pool_at *at);

/* `count` is t->cell_count: a loop of constant length where it is constant. */
BODY void pool_sweep(pool_body *body, struct pool_tile t, int64_t count) {
    t.cell_count = count;
    for (int64_t p = 0; p < t.pixels; p++) {
        struct pool_at at = {t.input + p * t.step, (t.output + p) * t.c + t.channel,
                             (t.output + p) * t.code_c + t.channel, VLEN};
        int64_t left = t.channels;
        for (; left >= VLEN; left -= VLEN, at.x += VLEN, at.y += VLEN, at.code += VLEN)
            body(&t, &at);
        at.n = (int)left;
        if (left > 0)
            body(&t, &at);
    }
}

/* Windows of 2x2 cells apart. */
BODY void pool_windows(pool_body *body, const struct pool_tile *t) {
    if (t->cell_count != 4) {
        pool_sweep(body, *t, t->cell_count);
        return;
    }
    int64_t cells[4] = {t->cells[0], t->cells[1], t->cells[2], t->cells[3]};
    struct pool_tile four = *t;
    four.cells = cells;
    pool_sweep(body, four, 4);
}

BODY vec pool_cell(const struct pool_tile *t, const struct pool_at *at, const float *x, int64_t k) {
    return load_lanes(x + at->x + t->cells[k], at->n);
}

static const float POOL_NO_CELL = -1; /* 255 as a byte, which no cell has */

BODY vec load_code(const struct pool_tile *t, const struct pool_at *at) {
    return t->wide ? load_lanes((const float *)t->code + at->code, at->n)
                   : vload_bytes((const uint8_t *)t->code + at->code, at->n);
}

BODY void store_code(const struct pool_tile *t, const struct pool_at *at, vec code) {
    if (t->wide)
        store_lanes((float *)t->code + at->code, code, at->n);
    else
        vstore_bytes((uint8_t *)t->code + at->code, code, at->n);
}

/* The first cell that is not less than the largest. */
BODY vec code_of(const struct pool_tile *t, const struct pool_at *at, vec largest) {
    vec code = vset1(POOL_NO_CELL);
    for (int64_t k = t->cell_count - 1; k >= 0; k--)
        code = vselect(vlt(pool_cell(t, at, t->x, k), largest), code, vset1((float)k));
    if (!t->masked)
        return code;
    return vselect(passes_between(largest, t->least, t->last), code, vset1(POOL_NO_CELL));
}

BODY void max_pool_window(const struct pool_tile *t, const struct pool_at *at) {
    vec largest = vset1(-INFINITY);
    for (int64_t k = 0; k < t->cell_count; k++)
        largest = vmaximum(largest, pool_cell(t, at, t->x, k));
    if (t->code)
        store_code(t, at, code_of(t, at, largest));
    if (t->out)
        store_lanes(t->out + at->y, largest, at->n);
}

/* All lanes hold the bits of an integer. */
BODY vec bits_as_vec(int32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return vset1(x);
}

/* A window's share of cell k of dx, the only one where windows lie apart. */
BODY void add_cell(const struct pool_tile *t, const struct pool_at *at, int64_t k, vec v) {
    float *dx = t->out + at->x + t->cells[k];
    store_lanes(dx, t->apart ? v : vadd(load_lanes(dx, at->n), v), at->n);
}

BODY vmask is_cell(vec code, int64_t k) { return veq(code, vset1((float)k)); }

/* dx at the largest cell += dy; where windows lie apart, dx = dy there and 0 in their others. */
BODY void max_pool_gradient_window(const struct pool_tile *t, const struct pool_at *at) {
    vec code = load_code(t, at), dy = load_lanes(t->dy + at->y, at->n);
    for (int64_t k = 0; k < t->cell_count; k++)
        add_cell(t, at, k, vselect(is_cell(code, k), dy, vzero()));
}

/* u = v at the largest cell, 0 where there is none; v comes in dy. */
BODY void max_pool_gather_window(const struct pool_tile *t, const struct pool_at *at) {
    vec code = load_code(t, at), u = vzero();
    for (int64_t k = 0; k < t->cell_count; k++)
        u = vselect(is_cell(code, k), pool_cell(t, at, t->dy, k), u);
    store_lanes(t->out + at->y, u, at->n);
}

/* index = the pixel of its image in which the largest cell lies; 0 where there is none. */
BODY void max_pool_index_window(const struct pool_tile *t, const struct pool_at *at) {
    vec code = load_code(t, at), place = vzero();
    for (int64_t k = 0; k < t->cell_count; k++) {
        int32_t pixel = (int32_t)((at->x + t->cells[k] - t->image) / t->c);
        place = vselect(is_cell(code, k), bits_as_vec(pixel), place);
    }
    store_lanes((float *)t->index + at->y, place, at->n);
}

/* y = scale * sum of the cells */
BODY void average_pool_window(const struct pool_tile *t, const struct pool_at *at) {
    vec sum = vzero();
    for (int64_t k = 0; k < t->cell_count; k++)
        sum = vadd(sum, pool_cell(t, at, t->x, k));
    store_lanes(t->out + at->y, vmul(sum, vset1(t->scale)), at->n);
}

/* dx at each cell += scale * dy, or = where windows lie apart */
BODY void average_pool_gradient_window(const struct pool_tile *t, const struct pool_at *at) {
    vec dy = vmul(load_lanes(t->dy + at->y, at->n), vset1(t->scale));
    for (int64_t k = 0; k < t->cell_count; k++)
        add_cell(t, at, k, dy);
}

#define POOL_KERNEL(name) \
    static void name(const struct pool_tile *t) { pool_windows(name##_window, t); }
POOL_KERNEL(max_pool)
POOL_KERNEL(max_pool_gradient)
POOL_KERNEL(max_pool_gather)
POOL_KERNEL(max_pool_index)
POOL_KERNEL(average_pool)
POOL_KERNEL(average_pool_gradient)
