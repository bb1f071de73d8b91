/* conv_gather_table.c: the indirection table of a block of pixels. */
#include "conv_gather.h"

#include <string.h>

/* In floats; keeps what follows aligned. */
static int64_t zeros_size(const struct gather *g) {
    return round_up(g->width * g->in_channels, ALIGNMENT / (int64_t)sizeof(float));
}

static int64_t pointers_size(const struct gather *g, int64_t pixels) {
    return round_up((g->runs + 1) * pixels * (int64_t)sizeof(float *), ALIGNMENT);
}

int64_t gather_table_bytes(const struct gather *g, int64_t pixels) {
    const struct axis_map *w = &g->axis[AXIS_W];
    int64_t rows = w->count > 0 ? pixels / w->count + 2 : 0;
    int64_t edges = min64(pixels, rows * gather_edge_positions(w, g->width));
    int64_t floats = zeros_size(g) + edges * g->runs * g->width * g->in_channels;
    return pointers_size(g, pixels) + floats * (int64_t)sizeof(float);
}

/* Pixels of one row of the output, and where they are in the table. */
struct segment {
    int64_t n, d, h, w; /* of the phase */
    int64_t first, count;
};

static const float *zero_run(struct gather_table *t, const struct gather *g) {
    if (!t->zeros)
        t->zeros = memset(t->zeros_at, 0, (size_t)zeros_size(g) * sizeof(float));
    return t->zeros;
}

static int64_t source(const struct axis_map *m, int64_t i) {
    return mode_source(m->mode, i, m->in_size);
}

/* Copies of the run of `width` taps from x on, partly outside: with zeros, and by the mode. */
static void copy_with_zeros(const struct gather *g, const float *row, int64_t x, float *copy) {
    int64_t c = g->in_channels, first = max64(x, 0);
    int64_t last = min64(x + g->width, g->axis[AXIS_W].in_size);
    memset(copy, 0, (size_t)(g->width * c) * sizeof(float));
    memcpy(copy + (first - x) * c, row + first * c, (size_t)((last - first) * c) * sizeof(float));
}
static void copy_by_mode(const struct gather *g, const float *row, int64_t x, float *copy) {
    int64_t c = g->in_channels;
    for (int64_t i = 0; i < g->width; i++)
        memcpy(copy + i * c, row + source(&g->axis[AXIS_W], x + i) * c, (size_t)c * sizeof(float));
}

/* A run that begins or ends outside. One pixel by a mode lies somewhere: it needs no copy. */
static const float *edge_run(struct gather_table *t, const struct gather *g, const float *row,
                             int64_t x) {
    const struct axis_map *w = &g->axis[AXIS_W];
    bool zeros = w->mode == MODE_ZEROS;
    if (zeros && (x >= w->in_size || x + g->width <= 0))
        return zero_run(t, g);
    if (g->width == 1)
        return row + source(w, x) * g->in_channels;
    float *copy = t->edge;
    t->edge += g->width * g->in_channels;
    (zeros ? copy_with_zeros : copy_by_mode)(g, row, x, copy);
    return copy;
}

/* The pixels of a segment whose runs, the first of which begins at x, lie inside. */
static struct range inside(const struct gather *g, const struct segment *s, int64_t x) {
    const struct axis_map *w = &g->axis[AXIS_W];
    int64_t left = x < 0 ? min64(div_up(-x, w->in_step), s->count) : 0;
    int64_t right = s->count, room = w->in_size - g->width - x;
    if (room < (s->count - 1) * w->in_step)
        right = room < 0 ? left : max64(left, room / w->in_step + 1);
    return (struct range){left, right};
}

/* The runs of pixels that are not inside; x is where the first pixel's begins on an input row. */
static void fill_edges(struct gather_table *t, const struct gather *g, const struct segment *s,
                       const float *row, int64_t x, struct range inside, const float **to) {
    int64_t step = g->axis[AXIS_W].in_step;
    for (int64_t i = 0; i < inside.first; i++)
        to[i] = edge_run(t, g, row, x + i * step);
    for (int64_t i = inside.last; i < s->count; i++)
        to[i] = edge_run(t, g, row, x + i * step);
}

/* One run of a segment. */
static void fill_run(struct gather_table *t, const struct gather *g, const struct segment *s,
                     const float *row, int64_t x, const float **to) {
    struct range in = inside(g, s, x);
    int64_t step = g->axis[AXIS_W].in_step * g->in_channels;
    const float *at = row + x * g->in_channels + in.first * step;
    for (int64_t i = in.first; i < in.last; i++, at += step)
        to[i] = at;
    fill_edges(t, g, s, row, x, in, to);
}

static void fill_zeros(struct gather_table *t, const struct gather *g, int64_t count,
                       const float **to) {
    const float *zeros = zero_run(t, g);
    for (int64_t i = 0; i < count; i++)
        to[i] = zeros;
}

/* The runs of a segment that have the same tap along d and h, on one input row (NULL: padding). */
static void fill_taps_w(struct gather_table *t, const struct gather *g, const struct segment *s,
                        const float *row, int64_t first_run, struct range runs) {
    const struct axis_map *w = &g->axis[AXIS_W];
    int64_t last = first_run + w->taps / g->width;
    for (int64_t r = max64(first_run, runs.first); r < min64(last, runs.last); r++) {
        const float **to = t->rows + r * t->pixels + s->first;
        int64_t x = w->in_first + w->in_step * s->w + w->tap_step * (r - first_run);
        if (row)
            fill_run(t, g, s, row, x, to);
        else
            fill_zeros(t, g, s->count, to);
    }
}

static void fill_segment(struct gather_table *t, const struct gather *g, const float *in,
                         const struct segment *s, struct range runs) {
    const struct axis_map *d = &g->axis[AXIS_D], *h = &g->axis[AXIS_H], *w = &g->axis[AXIS_W];
    int64_t run = 0;
    for (int64_t td = 0; td < d->taps; td++)
        for (int64_t th = 0; th < h->taps; th++, run += w->taps / g->width) {
            int64_t id = source(d, d->in_first + d->in_step * s->d + d->tap_step * td);
            int64_t ih = source(h, h->in_first + h->in_step * s->h + h->tap_step * th);
            bool inside = id >= 0 && ih >= 0;
            int64_t line = (s->n * d->in_size + id) * h->in_size + ih;
            const float *row = inside ? in + line * w->in_size * g->in_channels : NULL;
            fill_taps_w(t, g, s, row, run, runs);
        }
}

static void fill_out(struct gather_table *t, const struct gather *g, float *out,
                     const struct segment *s) {
    const struct axis_map *d = &g->axis[AXIS_D], *h = &g->axis[AXIS_H], *w = &g->axis[AXIS_W];
    int64_t line = (s->n * d->out_size + d->out_first + d->out_step * s->d) * h->out_size +
                   h->out_first + h->out_step * s->h;
    float *at = out + (line * w->out_size + w->out_first + w->out_step * s->w) * g->out_channels;
    int64_t step = w->out_step * g->out_channels;
    for (int64_t i = 0; i < s->count; i++, at += step)
        t->out[s->first + i] = at;
}

static struct segment segment_at(const struct gather *g, int64_t pixel) {
    struct segment s = {.w = pixel % g->axis[AXIS_W].count};
    pixel /= g->axis[AXIS_W].count;
    s.h = pixel % g->axis[AXIS_H].count;
    pixel /= g->axis[AXIS_H].count;
    s.d = pixel % g->axis[AXIS_D].count;
    s.n = pixel / g->axis[AXIS_D].count;
    return s;
}

/* To the beginning of the next row. */
static void segment_next(const struct gather *g, struct segment *s) {
    s->first += s->count;
    s->w = 0;
    if (++s->h < g->axis[AXIS_H].count)
        return;
    s->h = 0;
    if (++s->d < g->axis[AXIS_D].count)
        return;
    s->d = 0;
    s->n++;
}

static bool is_point(const struct axis_map *m) {
    return m->in_size == 1 && m->out_size == 1 && m->taps == 1 && m->in_first == 0;
}

/* Whether images have one row: then they are all alike. */
static bool images_are_rows(const struct gather *g) {
    return is_point(&g->axis[AXIS_D]) && is_point(&g->axis[AXIS_H]);
}

/* The copies at the edges of one run of all pixels after a segment that is a whole image. */
static void fill_edges_alike(struct gather_table *t, const struct gather *g, struct segment s,
                             const float *in, int64_t run) {
    const struct axis_map *w = &g->axis[AXIS_W];
    int64_t image = w->in_size * g->in_channels, x = w->in_first + w->tap_step * run;
    const float **rows = t->rows + run * t->pixels;
    struct range within = inside(g, &s, x);
    if (within.first == 0 && within.last == s.count)
        return;
    for (s.first += s.count, s.n++; s.first < t->pixels; s.first += s.count, s.n++) {
        s.count = min64(s.count, t->pixels - s.first);
        within.last = min64(within.last, s.count);
        within.first = min64(within.first, s.count);
        fill_edges(t, g, &s, in + s.n * image, x, within, rows + s.first);
    }
}

/* All pixels after a segment that is a whole image: what it has, an image further, but zeros and
 * copies. */
static void fill_alike(struct gather_table *t, const struct gather *g, const struct segment *s,
                       const float *in, bool out, struct range runs) {
    const struct kernels *k = kernels_chosen();
    const struct axis_map *w = &g->axis[AXIS_W];
    int64_t pixels = t->pixels - s->first;
    for (int64_t r = runs.first; r < runs.last; r++) {
        k->repeat_addresses(t->rows + r * t->pixels + s->first, s->count, pixels,
                            w->in_size * g->in_channels, t->zeros);
        if (g->width > 1)
            fill_edges_alike(t, g, *s, in, r);
    }
    if (out)
        k->repeat_addresses((const float **)t->out + s->first, s->count, pixels,
                            w->out_size * g->out_channels, NULL);
}

struct gather_table gather_fill(const struct gather *g, const float *in, float *out,
                                struct range pixels, struct range runs, void *scratch) {
    int64_t count = pixels.last - pixels.first;
    float *zeros = (float *)((char *)scratch + pointers_size(g, count));
    struct gather_table t = {.rows = scratch,
                             .out = (float **)scratch + g->runs * count,
                             .pixels = count,
                             .zeros_at = zeros,
                             .edge = zeros + zeros_size(g)};
    struct segment s = segment_at(g, pixels.first);
    for (; s.first < count; segment_next(g, &s)) {
        s.count = min64(g->axis[AXIS_W].count - s.w, count - s.first);
        fill_segment(&t, g, in, &s, runs);
        if (out)
            fill_out(&t, g, out, &s);
        if (s.count == g->axis[AXIS_W].count && images_are_rows(g)) {
            fill_alike(&t, g, &s, in, out != NULL, runs);
            break;
        }
    }
    return t;
}
