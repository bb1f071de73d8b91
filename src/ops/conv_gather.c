/* conv_gather.c: axis maps, and phases. */
#include "conv_gather.h"

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
static int64_t axis_phases(const struct axis *a, bool backward) {
    return backward ? min64(a->s * a->t, a->i) : a->t;
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

/* Small ops feel what it costs to zero a map: all fields are set, one by one. */
static void map_point(struct axis_map *m) {
    m->out_size = m->out_step = m->count = m->in_size = m->in_step = 1;
    m->taps = m->taps_all = m->tap_step = m->k_step = 1;
    m->out_first = m->in_first = m->k_first = 0;
    m->tile_first = m->tile_step = m->taps_before = 0;
    m->mode = MODE_ZEROS;
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
    m->k_first = 0;
    m->k_step = 1;
    m->tile_first = phase;
    m->tile_step = 0;
    m->taps_before = phase * a->k;
    m->taps_all = a->k * a->t;
    m->mode = (enum conv_mode)a->mode;
}

/* Which of the residues of inputs by the stride tap k of backward_data meets. */
static int64_t residue_of(const struct axis *a, int64_t k) {
    return floor_mod(k * a->d - a->p, a->s);
}

/* Taps are walked from the last to the first, so that the outputs they read ascend. */
static void map_backward(struct axis_map *m, const struct axis *a, int64_t phase) {
    int64_t step = a->s * a->t, common = gcd(a->s, a->d), residue = phase % a->s;
    m->out_size = a->i;
    m->out_first = phase;
    m->out_step = step;
    m->count = places(a->i, phase, step);
    m->in_size = a->o;
    m->in_first = 0;
    m->in_step = a->t;
    m->taps = 0;
    m->tap_step = m->tile_step = a->d / common;
    m->k_first = 0;
    m->k_step = -a->s / common;
    m->tile_first = 0;
    m->taps_before = phase / a->s * a->k;
    m->taps_all = a->k * a->t;
    m->mode = MODE_ZEROS;
    for (int64_t k = 0; k < a->k; k++) {
        int64_t r = residue_of(a, k);
        m->taps_before += r < residue;
        m->taps += r == residue;
        if (r == residue)
            m->k_first = k;
    }
    if (m->taps > 0)
        m->tile_first = m->in_first = (phase + a->p - m->k_first * a->d) / a->s;
}

static void map_of(struct axis_map *m, const struct axis *a, bool backward, int64_t phase) {
    if (axis_is_point(a))
        map_point(m);
    else if (backward)
        map_backward(m, a, phase);
    else
        map_forward(m, a, phase);
}

int64_t gather_phases(const struct conv_params *p, bool backward) {
    int64_t phases = 1;
    for (int a = 0; a < AXES; a++) {
        struct axis axis = axis_of(p, a);
        phases *= axis_phases(&axis, backward);
    }
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

int64_t gather_edge_positions(const struct axis_map *w, int64_t width) {
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
    return merge == MERGE_ALWAYS || gather_edge_positions(w, w->taps) * PIXELS_AN_EDGE <= w->count;
}

struct gather gather_phase(const struct conv_params *p, int64_t images, bool backward,
                           enum merge merge, int64_t phase) {
    struct gather g;
    g.images = images;
    g.in_channels = backward ? p->oc : p->ic;
    g.out_channels = backward ? p->ic : p->oc;
    for (int a = AXES - 1; a >= 0; a--) {
        struct axis axis = axis_of(p, a);
        int64_t phases = axis_phases(&axis, backward), own = phases == 1 ? 0 : phase % phases;
        map_of(&g.axis[a], &axis, backward, own);
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

/* How many phases of an axis there are to look at in order to see all that have taps, and the i-th
 * of them: all phases, or where strides are wide those that the taps meet. */
static int64_t phases_to_see(const struct axis *a, bool backward) {
    return backward ? min64(a->s, a->k) * a->t : a->t;
}
static int64_t phase_to_see(const struct axis *a, bool backward, int64_t i) {
    bool all = !backward || a->s <= a->k;
    return all ? i : residue_of(a, i / a->t) + a->s * (i % a->t);
}

/* The phase of an axis that has the most taps. */
static int64_t fullest_phase(const struct axis *a, bool backward) {
    int64_t fullest = 0, most = 0;
    for (int64_t i = 0; i < phases_to_see(a, backward); i++) {
        int64_t phase = phase_to_see(a, backward, i);
        if (phase >= axis_phases(a, backward))
            continue;
        struct axis_map m;
        map_of(&m, a, backward, phase);
        fullest = m.taps > most ? phase : fullest;
        most = max64(m.taps, most);
    }
    return fullest;
}

/* Of phases with the same axis w, that with the most taps along the others needs most. */
int64_t gather_scratch(const struct conv_params *p, bool backward, enum merge merge,
                       int64_t pixels) {
    struct axis d = axis_of(p, AXIS_D), h = axis_of(p, AXIS_H), w = axis_of(p, AXIS_W);
    int64_t rows = fullest_phase(&d, backward) * axis_phases(&h, backward);
    int64_t row = rows + fullest_phase(&h, backward), phases = axis_phases(&w, backward);
    int64_t most = gather_table_bytes(&(struct gather){.width = 1}, pixels);
    for (int64_t i = 0; i < phases_to_see(&w, backward); i++) {
        int64_t phase = phase_to_see(&w, backward, i);
        if (phase >= phases)
            continue;
        struct gather g = gather_phase(p, 1, backward, merge, row * phases + phase);
        most = max64(most, gather_table_bytes(&g, pixels));
    }
    return most;
}
