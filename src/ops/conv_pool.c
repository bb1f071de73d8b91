/* conv_pool.c: max pooling of what a convolution makes, while that is in the cache: windows that
 * lie edge to edge from the first pixel on. The map itself is never written. */
#include "conv_pool.h"

enum { BAND_FLOATS = 1 << 14, BAND_MOST = 1 << 16 }; /* of the map: 64 KB, or what a window needs */

/* Of windows that hang over the end the cells that there are. */
static int64_t list_cells(const struct pool_part *part, int64_t high, int64_t wide,
                          int64_t *cells) {
    int64_t count = 0;
    for (int64_t i = 0; i < high; i++)
        for (int64_t j = 0; j < wide; j++)
            cells[count++] = i * part->row + j * part->pixel;
    return count;
}

void conv_pool(const struct conv_work *work, const struct pool_part *part) {
    const struct conv_params *p = work->p;
    int64_t cells[CONV_POOL_MOST * CONV_POOL_MOST];
    int64_t row = part->h / p->qh, column = part->w / p->qw;
    int64_t rows = min64(div_up(part->rows, p->qh), p->yh - row);
    int64_t columns = min64(div_up(part->columns, p->qw), p->yw - column);
    int64_t whole = min64(columns, part->columns / p->qw);
    struct pool_tile tile = {
        .x = part->x,
        .out = work->out,
        .code = work->code,
        .channel = part->channel,
        .cells = cells,
        .step = p->qw * part->pixel,
        .channels = part->channels,
        .c = p->oc,
        .code_c = round_up(p->oc, POOL_CODES_PACKED),
        .least = activation_least(p->code_mask),
        .last = activation_last(p->code_mask),
        .masked = p->code_mask != ACTIVATION_NONE,
    };
    for (int64_t i = 0; i < rows; i++) {
        int64_t high = min64(p->qh, part->rows - i * p->qh);
        tile.input = i * p->qh * part->row;
        tile.output = (part->image * p->yh + row + i) * p->yw + column;
        tile.pixels = whole;
        tile.cell_count = list_cells(part, high, p->qw, cells);
        work->run->kernels->max_pool(&tile);
        if (whole == columns)
            continue;
        tile.input += whole * tile.step;
        tile.output += whole;
        tile.pixels = 1;
        tile.cell_count = list_cells(part, high, part->columns - whole * p->qw, cells);
        work->run->kernels->max_pool(&tile);
    }
}

/* Rows of the map that are made at a time, at most: whole windows. */
static int64_t band_rows(const struct conv_params *p) {
    return max64(BAND_FLOATS / (p->ow * p->oc) / p->qh, 1) * p->qh;
}

int64_t conv_pool_band(const struct conv_params *p) {
    return band_rows(p) * p->ow * p->oc * (int64_t)sizeof(float);
}

bool conv_pool_by_bands(const struct conv_params *p) {
    return p->id == 1 && p->od == 1 && p->kd == 1 && p->yh > 1 && conv_tiles(p) == 1 && !p->each &&
           p->mh == MODE_ZEROS && p->qh * p->ow * p->oc <= BAND_MOST;
}

/* The convolution that makes rows [first, last) of one image, and where its input begins: a row at
 * least, also of a band whose windows all lie in the padding. */
static struct conv_params band_params(const struct conv_params *p, struct range rows,
                                      int64_t *input) {
    struct conv_params band = *p;
    int64_t begin = rows.first * p->sh - p->ph;
    int64_t end = (rows.last - 1) * p->sh - p->ph + (p->kh - 1) * p->dh + 1;
    int64_t first = min64(max64(begin, 0), p->ih - 1), last = max64(min64(end, p->ih), first + 1);
    band.ph = first - begin;
    band.ih = last - first;
    band.oh = rows.last - rows.first;
    *input = first * p->iw * p->ic;
    return band;
}

struct bands {
    const struct conv_work *work;
    void (*run)(const struct conv_work *work);
    int64_t rows, count; /* of a band, bands of an image */
};

static void band_task(void *arg, int64_t task, int thread) {
    const struct bands *b = arg;
    const struct conv_params *p = b->work->p;
    int64_t image = task / b->count, first = task % b->count * b->rows, input;
    struct range rows = {first, min64(first + b->rows, min64(p->oh, p->yh * p->qh))};
    struct conv_params params = band_params(p, rows, &input);
    struct run run = *b->work->run;
    run.wide = false;
    run.sliced = true;
    run.scratch = run_scratch(b->work->run, thread);
    struct conv_work band = *b->work;
    band.p = &params;
    band.run = &run;
    band.images = 1;
    band.in += image * p->ih * p->iw * p->ic + input;
    band.out = (float *)(run.scratch + b->work->scratch);
    band.finish.out = band.out;
    b->run(&band);
    conv_pool(b->work, &(struct pool_part){
                           .x = band.out,
                           .row = p->ow * p->oc,
                           .pixel = p->oc,
                           .image = image,
                           .h = rows.first,
                           .rows = rows.last - rows.first,
                           .columns = p->ow,
                           .channels = p->oc,
                       });
}

void conv_pool_bands(const struct conv_work *work, void (*run)(const struct conv_work *work)) {
    const struct conv_params *p = work->p;
    int64_t tasks = conv_tasks((double)work->images * conv_products(p));
    int64_t shared = div_up(p->yh, div_up(tasks, work->images)) * p->qh;
    struct bands b = {work, run, band_rows(p), 0};
    if (!work->run->sliced)
        b.rows = min64(b.rows, shared);
    b.count = div_up(p->yh * p->qh, b.rows);
    run_tasks(work->run, work->images * b.count, band_task, &b);
}
