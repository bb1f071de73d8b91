/* conv_dense.c: Dense, that is a kernel of one tap over one pixel, and its transpose, where the
 * kernel is beyond the caches. It is read once, as it lies: a task rearranges a chunk of it in the
 * second-level cache, and uses it for all images.
 *
 *   forward        y[n][j]  = finish(sum over k of x[n][k] * w[k][j])      j: out channel
 *   backward_data  dx[n][j] = finish(sum over k of dy[n][k] * w[j][k])     j: in channel */
#include "conv_direct.h"

/* Of the kernel, in the second-level cache. Rows a power of two apart share few of its sets: of 64
 * that are fetched ahead some are lost. */
enum { FORWARD_FLOATS = 1 << 13, BACKWARD_FLOATS = 1 << 15, FLOATS_MOST = BACKWARD_FLOATS };
enum { FORWARD_PANELS = 4 };     /* side by side: a KiB of each row */
enum { BACKWARD_PANELS = 1 };    /* of whole rows */
enum { IMAGES = 128 };           /* whose pointers are held at a time */
enum { KERNEL_LEAST = 1 << 18 }; /* floats */
enum { COLUMNS_LEAST = 512 };    /* that make enough tasks */

struct dense {
    const struct conv_work *work;
    bool backward;
    int64_t in, out; /* floats of an image */
    struct columns columns;
    int64_t tasks;
};

struct held {
    const float *rows[IMAGES];
    float *out[IMAGES];
    float packed[FLOATS_MOST];
};

/* Some panels side by side, and the part of the sum that is made of a chunk. */
struct part {
    struct range panels, k;
    struct range next; /* of the chunk after this one */
};

static int64_t chunk_rows(const struct dense *d, const struct range *panels) {
    int64_t width =
        (panels->last - panels->first) * d->work->run->kernels->gemm_nv * d->columns.vlen;
    return (d->backward ? BACKWARD_FLOATS : FORWARD_FLOATS) / width;
}

static void dense_pack(const struct dense *d, const struct part *part, float *packed) {
    const struct kernels *kernels = d->work->run->kernels;
    int64_t oc = d->work->p->oc, rows = part->k.last - part->k.first;
    for (int64_t i = part->panels.first; i < part->panels.last; i++) {
        struct panel panel = panel_of(&d->columns, i);
        if (d->backward)
            kernels->gemm_pack_transposed(d->work->kernel + panel.first * oc + part->k.first, oc,
                                          rows, panel.count, packed);
        else
            kernels->gemm_pack(d->work->kernel + part->k.first * oc + panel.first, oc, rows,
                               panel.count, packed);
        packed += rows * panel.width;
    }
}

/* Fetches a panel of the next chunk while one is multiplied: rows lie in pages of their own, which
 * no prefetcher follows. 9216 -> 4096, 16 images, on two cores: 13.4 and 11.5 ms. */
static void fetch(const struct dense *d, const struct panel *panel, struct range rows) {
    const float *w = d->work->kernel + panel->first;
    for (int64_t i = rows.first; i < rows.last; i++)
        for (int64_t j = 0; j < panel->count; j += VLEN_MOST)
            __builtin_prefetch(w + i * d->work->p->oc + j, 0, 2);
}

static void dense_images(const struct dense *d, const struct part *part, struct range images,
                         struct held *held) {
    for (int64_t i = images.first; i < images.last; i++) {
        held->rows[i - images.first] = d->work->in + i * d->in;
        held->out[i - images.first] = d->work->out + i * d->out;
    }
    struct gemm gemm = {
        .a = held->rows,
        .a_first = part->k.first,
        .b = held->packed,
        .c = held->out,
        .m = images.last - images.first,
        .runs = 1,
        .k = part->k.last - part->k.first,
        .add = part->k.first > 0,
        .finish = part->k.last == d->in ? &d->work->finish : NULL,
    };
    for (int64_t i = part->panels.first; i < part->panels.last; i++) {
        struct panel panel = panel_of(&d->columns, i);
        gemm.c_first = panel.first;
        gemm.columns = panel.count;
        gemm.nv = (int)panel.nv;
        if (!d->backward && images.first == 0)
            fetch(d, &panel, part->next);
        d->work->run->kernels->gemm(&gemm);
        gemm.b += gemm.k * panel.width;
    }
}

static void dense_panels(const struct dense *d, struct range panels, struct held *held) {
    int64_t chunks = div_up(d->in, chunk_rows(d, &panels));
    int64_t blocks = div_up(d->work->images, IMAGES);
    for (int64_t i = 0; i < chunks; i++) {
        struct part part = {.panels = panels, .k = shard(d->in, chunks, i)};
        if (i < chunks - 1)
            part.next = shard(d->in, chunks, i + 1);
        dense_pack(d, &part, held->packed);
        for (int64_t j = 0; j < blocks; j++)
            dense_images(d, &part, shard(d->work->images, blocks, j), held);
    }
}

static void dense_task(void *arg, int64_t task, int thread) {
    const struct dense *d = arg;
    struct range all = shard(d->columns.panels, d->tasks, task);
    int64_t most = d->backward ? BACKWARD_PANELS : FORWARD_PANELS;
    int64_t count = all.last - all.first, spans = div_up(count, most);
    for (int64_t i = 0; i < spans; i++) {
        struct range span = shard(count, spans, i);
        span = (struct range){all.first + span.first, all.first + span.last};
        dense_panels(d, span, run_scratch(d->work->run, thread));
    }
}

static void dense_run(const struct conv_work *work, bool backward) {
    const struct conv_params *p = work->p;
    int64_t out = backward ? p->ic : p->oc;
    struct dense d = {
        .work = work,
        .backward = backward,
        .in = backward ? p->oc : p->ic,
        .out = out,
        .columns = columns_of(work->run->kernels, 1, out),
    };
    d.tasks = min64(conv_tasks((double)work->images * conv_products(p)), d.columns.panels);
    run_tasks(work->run, d.tasks, dense_task, &d);
}

static void forward_run(const struct conv_work *work) { dense_run(work, false); }
static void backward_data_run(const struct conv_work *work) { dense_run(work, true); }

static void prepare(struct op *op) { op->scratch = sizeof(struct held); }

static bool applicable(const struct conv_params *p) {
    return p->id * p->ih * p->iw * p->od * p->oh * p->ow * conv_taps(p) == 1 && p->groups == 1 &&
           conv_tiles(p) == 1 && !p->each && p->pd + p->ph + p->pw == 0;
}

/* A kernel that lasts is better packed, once. */
static bool pays(const struct conv_params *p, int64_t columns) {
    return !p->lasts && conv_weights(p) >= KERNEL_LEAST && columns >= COLUMNS_LEAST;
}
static bool forward_pays(const struct conv_params *p) { return pays(p, p->oc); }
static bool backward_data_pays(const struct conv_params *p) { return pays(p, p->ic); }

const struct conv_algorithm conv_forward_dense = {
    .name = "dense",
    .applicable = applicable,
    .prepare = prepare,
    .run = forward_run,
    .pays = forward_pays,
};
const struct conv_algorithm conv_backward_data_dense = {
    .name = "dense",
    .applicable = applicable,
    .prepare = prepare,
    .run = backward_data_run,
    .pays = backward_data_pays,
};
