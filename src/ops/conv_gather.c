/* conv_gather.c: axis maps, phases, and the indirection table of a block of pixels. */
#include "conv_gather.h"

#include <string.h>

static int64_t gcd(int64_t a, int64_t b) {
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static int64_t floor_mod(int64_t a, int64_t b) {
    int64_t rest = a % b;
    return rest < 0 ? rest + b : rest;
}

/* The parameters of one axis. */
struct axis {
    int64_t i, o, k, s, d, p, t, mode;
};

static struct axis axis_of(const struct conv_params *p, int axis) {
    switch (axis) {
    case AXIS_D:
        return (struct axis){p->id, p->od, p->kd, p->sd, p->dd, p->pd, p->td, p->md};
    case AXIS_H:
        return (struct axis){p->ih, p->oh, p->kh, p->sh, p->dh, p->ph, p->th, p->mh};
    default:
        return (struct axis){p->iw, p->ow, p->kw, p->sw, p->dw, p->pw, p->tw, p->mw};
    }
}

/* Those of backward_data that no input is of, where strides are wide, are left out. */
static int64_t axis_phases(struct axis a, bool backward) {
    return backward ? min64(a.s * a.t, a.i) : a.t;
}

/* How many of the places phase, phase + step, ... lie on the axis. (Small ops feel a division.) */
static int64_t places(int64_t size, int64_t phase, int64_t step) {
    if (step == 1)
        return max64(size - phase, 0);
    return phase < size ? (size - 1 - phase) / step + 1 : 0;
}

/* An axis of length 1, of which lines and vectors have two: nothing to work out. */
static bool axis_is_point(const struct axis *a) {
    return a->i == 1 && a->o == 1 && a->k == 1 && a->s == 1 && a->p == 0 && a->t == 1;
}
static void map_point(struct axis_map *m) {
    m->out_size = m->out_step = m->count = m->in_size = m->in_step = 1;
    m->taps = m->taps_all = m->tap_step = m->k_step = 1;
}

static void map_forward(struct axis_map *m, const struct axis *a, int64_t phase) {
    m->out_size = a->o;
    m->out_first = phase;
    m->out_step = a->t;
    m->count = places(a->o, phase, a->t);
    m->in_size = a->i;
    m->in_first = phase * a->s - a->p;
    m->in_step = a->s * a->t;
    m->taps = a->k;
    m->tap_step = a->d;
    m->k_step = 1;
    m->tile_first = phase;
    m->taps_before = phase * a->k;
    m->taps_all = a->k * a->t;
    m->mode = (enum conv_mode)a->mode;
}

/* Taps are walked from the last to the first, so that the outputs they read ascend. */
static void map_backward(struct axis_map *m, const struct axis *a, int64_t phase) {
    int64_t step = a->s * a->t, common = gcd(a->s, a->d), residue = phase % a->s;
    m->out_size = a->i;
    m->out_first = phase;
    m->out_step = step;
    m->count = places(a->i, phase, step);
    m->in_size = a->o;
    m->in_step = a->t;
    m->tap_step = m->tile_step = a->d / common;
    m->k_step = -a->s / common;
    m->taps_before = phase / a->s * a->k;
    m->taps_all = a->k * a->t;
    for (int64_t k = 0; k < a->k; k++) {
        int64_t r = floor_mod(k * a->d - a->p, a->s); /* of the inputs that tap k meets */
        m->taps_before += r < residue;
        m->taps += r == residue;
        if (r == residue)
            m->k_first = k;
    }
    if (m->taps > 0)
        m->tile_first = m->in_first = (phase + a->p - m->k_first * a->d) / a->s;
}

int64_t gather_phases(const struct conv_params *p, bool backward) {
    int64_t phases = 1;
    for (int a = 0; a < AXES; a++)
        phases *= axis_phases(axis_of(p, a), backward);
    return phases;
}

/* A kernel of 1 without stride and padding: pixels are the rows of a matrix, on one long axis. */
static bool pointwise(const struct conv_params *p) {
    return conv_taps(p) * conv_tiles(p) * p->sd * p->sh * p->sw == 1 &&
           p->pd + p->ph + p->pw == 0 && p->id == p->od && p->ih == p->oh && p->iw == p->ow;
}

static void flatten(struct gather *g) {
    int64_t pixels = g->images;
    for (int a = 0; a < AXES; a++) {
        pixels *= g->axis[a].count;
        g->axis[a].count = g->axis[a].in_size = g->axis[a].out_size = 1;
    }
    g->images = 1;
    g->axis[AXIS_W].count = g->axis[AXIS_W].in_size = g->axis[AXIS_W].out_size = pixels;
}

/* Positions along w, of a phase, whose run of `width` taps may cross an edge of the input. */
static int64_t edge_positions(const struct axis_map *w, int64_t width) {
    if (width == 1)
        return 0;
    int64_t left = w->in_first < 0 ? div_up(-w->in_first, w->in_step) : 0;
    int64_t room = w->in_size - width - w->in_first;
    int64_t inside = room < 0 ? 0 : room / w->in_step + 1;
    return min64(left, w->count) + max64(w->count - inside, 0);
}

/* Short runs cost more than their work: taps of fewer channels than this are worth merging. A copy
 * at an edge costs as much as a run of a few pixels, so one pixel in so many may need one. */
enum { LONG_RUN = 64, PIXELS_AN_EDGE = 8 };

static bool merges(const struct conv_params *p, const struct gather *g, enum merge merge) {
    const struct axis_map *w = &g->axis[AXIS_W];
    if (merge == MERGE_NEVER || p->groups > 1 || w->tap_step > 1 || g->in_channels >= LONG_RUN)
        return false;
    return merge == MERGE_ALWAYS || edge_positions(w, w->taps) * PIXELS_AN_EDGE <= w->count;
}

struct gather gather_phase(const struct conv_params *p, int64_t images, bool backward,
                           enum merge merge, int64_t phase) {
    struct gather g = {.images = images,
                       .in_channels = backward ? p->oc : p->ic,
                       .out_channels = backward ? p->ic : p->oc};
    for (int a = AXES - 1; a >= 0; a--) {
        struct axis axis = axis_of(p, a);
        int64_t phases = axis_phases(axis, backward), own = phases == 1 ? 0 : phase % phases;
        if (axis_is_point(&axis))
            map_point(&g.axis[a]);
        else
            (backward ? map_backward : map_forward)(&g.axis[a], &axis, own);
        phase = phases == 1 ? phase : phase / phases;
    }
    if (pointwise(p))
        flatten(&g);
    const struct axis_map *d = &g.axis[AXIS_D], *h = &g.axis[AXIS_H], *w = &g.axis[AXIS_W];
    g.taps = d->taps * h->taps * w->taps;
    g.taps_before = d->taps_before * h->taps_all * w->taps_all +
                    d->taps * (h->taps_before * w->taps_all + h->taps * w->taps_before);
    g.pixels = g.images * d->count * h->count * w->count;
    g.width = merges(p, &g, merge) ? max64(w->taps, 1) : 1;
    g.runs = g.taps / g.width;
    return g;
}

/* One axis of gather_kernel_tap: the kernel's tap, and the tile that it is of. */
static int64_t kernel_at(const struct axis_map *m, int64_t tap) {
    return m->k_first + m->k_step * tap;
}
static int64_t tile_at(const struct axis_map *m, int64_t tap, int64_t tiles) {
    return floor_mod(m->tile_first + m->tile_step * tap, tiles);
}

int64_t gather_kernel_tap(const struct conv_params *p, const struct gather *g, int64_t t) {
    const struct axis_map *d = &g->axis[AXIS_D], *h = &g->axis[AXIS_H], *w = &g->axis[AXIS_W];
    int64_t tw = t % w->taps, th = t / w->taps % h->taps, td = t / w->taps / h->taps;
    int64_t tile = (tile_at(d, td, p->td) * p->th + tile_at(h, th, p->th)) * p->tw;
    int64_t tap = (kernel_at(d, td) * p->kh + kernel_at(h, th)) * p->kw + kernel_at(w, tw);
    return (tile + tile_at(w, tw, p->tw)) * conv_taps(p) + tap;
}

/* In floats; keeps what follows aligned. */
static int64_t zeros_size(const struct gather *g) {
    return round_up(g->width * g->in_channels, ALIGNMENT / (int64_t)sizeof(float));
}

static int64_t pointers_size(const struct gather *g, int64_t pixels) {
    return round_up((g->runs + 1) * pixels * (int64_t)sizeof(float *), ALIGNMENT);
}

int64_t gather_scratch(const struct conv_params *p, bool backward, enum merge merge,
                       int64_t pixels) {
    int64_t most = 0;
    for (int64_t phase = 0; phase < gather_phases(p, backward); phase++) {
        struct gather g = gather_phase(p, 1, backward, merge, phase);
        const struct axis_map *w = &g.axis[AXIS_W];
        if (w->count == 0)
            continue;
        int64_t edges = min64(pixels, (pixels / w->count + 2) * edge_positions(w, g.width));
        int64_t floats = zeros_size(&g) + edges * g.runs * g.width * g.in_channels;
        most = max64(most, pointers_size(&g, pixels) + floats * (int64_t)sizeof(float));
    }
    return most;
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

/* all pointers of which the first `count` are given and the others follow, each `step` floats
 * beyond the one that is `count` before it. Twice as many at a time, so that loops are long. */
static void repeat(const float **at, int64_t count, int64_t all, int64_t step) {
    for (int64_t have = count, shift = step; have < all; have *= 2, shift *= 2) {
        const float *const *from = at;
        const float **restrict to = at + have;
        for (int64_t i = 0; i < min64(have, all - have); i++)
            to[i] = from[i] + shift;
    }
}

/* One run of all pixels after a segment that is a whole image: what it is there, an image further,
 * but at the edges. */
static void fill_run_alike(struct gather_table *t, const struct gather *g, struct segment s,
                           const float *in, int64_t run) {
    const struct axis_map *w = &g->axis[AXIS_W];
    int64_t image = w->in_size * g->in_channels, x = w->in_first + w->tap_step * run;
    const float **rows = t->rows + run * t->pixels;
    struct range within = inside(g, &s, x);
    repeat(rows + s.first, s.count, t->pixels - s.first, image);
    if (within.first == 0 && within.last == s.count)
        return;
    for (s.first += s.count, s.n++; s.first < t->pixels; s.first += s.count, s.n++) {
        s.count = min64(s.count, t->pixels - s.first);
        within.last = min64(within.last, s.count);
        within.first = min64(within.first, s.count);
        fill_edges(t, g, &s, in + s.n * image, x, within, rows + s.first);
    }
}

static void fill_alike(struct gather_table *t, const struct gather *g, const struct segment *s,
                       const float *in, bool out, struct range runs) {
    const struct axis_map *w = &g->axis[AXIS_W];
    for (int64_t r = runs.first; r < runs.last; r++)
        fill_run_alike(t, g, *s, in, r);
    if (out)
        repeat((const float **)t->out + s->first, s->count, t->pixels - s->first,
               w->out_size * g->out_channels);
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
