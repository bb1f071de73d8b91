/* pool.h: windows of NDHWC images, a vec of channels at a time. Max pooling's cell is the first of
 * its window, in row-major order, that holds the largest number (a NaN counts as largest). */

/* The cells of one window for n channels, n <= VLEN. i: offset of the window in x, o: in y. */
typedef void pool_body(const struct pool_tile *t, int64_t i, int64_t o, int n);

BODY void pool_sweep(pool_body *body, const struct pool_tile *t) {
    for (int64_t p = 0; p < t->pixels; p++) {
        int64_t i = t->input + p * t->step, o = t->output + p * t->c, c = 0;
        for (; c + VLEN <= t->channels; c += VLEN)
            body(t, i + c, o + c, VLEN);
        if (c < t->channels)
            body(t, i + c, o + c, (int)(t->channels - c));
    }
}

BODY void max_pool_window(const struct pool_tile *t, int64_t i, int64_t o, int n) {
    vec best = vset1(-INFINITY);
    for (int64_t k = 0; k < t->cell_count; k++)
        best = vmaximum(best, load_lanes(t->x + i + t->cells[k], n));
    store_lanes(t->out + o, best, n);
}

/* All lanes hold the bits of an integer. */
BODY vec bits_as_vec(int32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return vset1(x);
}

/* A window's share of dx, the only one where windows tile the image. */
BODY void add_cell(const struct pool_tile *t, int64_t at, vec v, int n) {
    float *dx = t->out + at;
    store_lanes(dx, t->tiles ? v : vadd(load_lanes(dx, n), v), n);
}

/* Lanes of `pending` whose cell this is: not less than the largest. */
BODY vmask is_largest(vec x, vec largest, vmask pending) {
    return vmask_andnot(vlt(x, largest), pending);
}

/* dx at the largest cell += dy; where windows tile the image, dx = dy there and 0 elsewhere. With
 * `positive` a window whose largest cell is not above 0 gets nothing. */
BODY void max_pool_gradient_window(const struct pool_tile *t, int64_t i, int64_t o, int n) {
    vec largest = load_lanes(t->y + o, n), dy = load_lanes(t->dy + o, n);
    vmask pending = t->positive ? vlt(vzero(), largest) : vfirst(VLEN);
    for (int64_t k = 0; k < t->cell_count; k++) {
        vmask here = is_largest(load_lanes(t->x + i + t->cells[k], n), largest, pending);
        add_cell(t, i + t->cells[k], vselect(here, dy, vzero()), n);
        pending = vmask_andnot(here, pending);
    }
}

/* u = v at the largest cell; v comes in dy. */
BODY void max_pool_gather_window(const struct pool_tile *t, int64_t i, int64_t o, int n) {
    vec largest = load_lanes(t->y + o, n), u = vzero();
    vmask pending = vfirst(VLEN);
    for (int64_t k = 0; k < t->cell_count; k++) {
        vmask here = is_largest(load_lanes(t->x + i + t->cells[k], n), largest, pending);
        u = vselect(here, load_lanes(t->dy + i + t->cells[k], n), u);
        pending = vmask_andnot(here, pending);
    }
    store_lanes(t->out + o, u, n);
}

/* index = the pixel of its image in which the largest cell lies; 0 where there is none. */
BODY void max_pool_index_window(const struct pool_tile *t, int64_t i, int64_t o, int n) {
    vec largest = load_lanes(t->y + o, n), place = vzero();
    vmask pending = vfirst(VLEN);
    for (int64_t k = 0; k < t->cell_count; k++) {
        vmask here = is_largest(load_lanes(t->x + i + t->cells[k], n), largest, pending);
        int32_t pixel = (int32_t)((i + t->cells[k] - t->image) / t->c);
        place = vselect(here, bits_as_vec(pixel), place);
        pending = vmask_andnot(here, pending);
    }
    store_lanes((float *)t->index + o, place, n);
}

/* y = scale * sum of the cells */
BODY void average_pool_window(const struct pool_tile *t, int64_t i, int64_t o, int n) {
    vec sum = vzero();
    for (int64_t k = 0; k < t->cell_count; k++)
        sum = vadd(sum, load_lanes(t->x + i + t->cells[k], n));
    store_lanes(t->out + o, vmul(sum, vset1(t->scale)), n);
}

/* dx at each cell += scale * dy, or = where windows tile the image */
BODY void average_pool_gradient_window(const struct pool_tile *t, int64_t i, int64_t o, int n) {
    vec dy = vmul(load_lanes(t->dy + o, n), vset1(t->scale));
    for (int64_t k = 0; k < t->cell_count; k++)
        add_cell(t, i + t->cells[k], dy, n);
}

#define POOL_KERNEL(name) \
    static void name(const struct pool_tile *t) { pool_sweep(name##_window, t); }
POOL_KERNEL(max_pool)
POOL_KERNEL(max_pool_gradient)
POOL_KERNEL(max_pool_gather)
POOL_KERNEL(max_pool_index)
POOL_KERNEL(average_pool)
POOL_KERNEL(average_pool_gradient)
