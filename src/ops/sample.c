/* sample.c: images read between their pixels, at points that are computed, and the gradients. */
#include <math.h>

#include "images.h"

enum { SAMPLE_BLOCK = 4096 };   /* output floats of a task, about */
enum { AXES = 3, CORNERS = 8 }; /* of a point's cell */

/* n owners of `points` points each, with `rank` coordinates; images of d h w pixels, c channels */
PARAMS(sample_params, batched, n, images, rank, d, h, w, c, points, nearest, fill_mode);

/* What lies outside an image, written for a row abcd; the order is that of ops/sample.py. */
enum fill_mode {
    FILL_CONSTANT, /* nothing */
    FILL_NEAREST,  /* aaaa abcd dddd */
    FILL_REFLECT,  /* dcba abcd dcba */
    FILL_MIRROR,   /* dcb abcd cba */
    FILL_WRAP,     /* abcd abcd abcd */
};

/* The two neighbours of a point along an axis: the pixel or -1 for nothing, its factor of the
 * weight, and the factor's slope in the coordinate. */
struct neighbours {
    int64_t pixel[2];
    float factor[2], slope[2];
};

struct sample_args {
    const struct run *run;
    const struct sample_params *p;
    const float *points, *direction; /* [n][points][rank]; direction: NULL or a derivative's */
    const int32_t *index;            /* [n] the image of each owner; NULL: its own */
    float *x, *y;                    /* images, and the values at the points, or their gradients */
    float *dpoints;
    int64_t images, owners, points_of_task, channels_of_task;
};

/* i modulo n, from 0 to n - 1. */
static int64_t modulo(int64_t i, int64_t n) { return (i % n + n) % n; }

/* The pixel that a place inside or outside the image stands for; -1: none. */
static int64_t place_inside(int64_t i, int64_t size, enum fill_mode mode) {
    int64_t period = mode == FILL_REFLECT ? 2 * size : max64(1, 2 * size - 2);
    if (i >= 0 && i < size)
        return i;
    switch (mode) {
    case FILL_CONSTANT:
        return -1;
    case FILL_NEAREST:
        return i < 0 ? 0 : size - 1;
    case FILL_WRAP:
        return modulo(i, size);
    case FILL_REFLECT:
        i = modulo(i, period);
        return min64(i, period - 1 - i);
    default:
        i = modulo(i, period);
        return min64(i, period - i);
    }
}

/* A coordinate that is no number makes its results no number; one far away stays an integer. */
static struct neighbours find_neighbours(float at, int64_t size, bool nearest,
                                         enum fill_mode mode) {
    const float far = 1 << 24;
    if (isnan(at))
        return (struct neighbours){{0, -1}, {at, 0}, {at, 0}};
    at = fminf(fmaxf(at, -far), far);
    float low = nearest ? rintf(at) : floorf(at);
    int64_t i = (int64_t)low, first = place_inside(i, size, mode);
    if (nearest)
        return (struct neighbours){{first, -1}, {1, 0}, {0, 0}};
    float part = at - low;
    return (struct neighbours){{first, place_inside(i + 1, size, mode)}, {1 - part, part}, {-1, 1}};
}

/* A point's neighbours along d, h, w; axes that the image has not have one pixel. */
static void find_axes(const struct sample_params *p, const float *point, struct neighbours *axes) {
    const int64_t sizes[AXES] = {p->d, p->h, p->w};
    for (int a = 0; a < AXES; a++)
        axes[a] = (struct neighbours){{0, -1}, {1, 0}, {0, 0}};
    for (int64_t a = AXES - p->rank; a < AXES; a++)
        axes[a] = find_neighbours(point[a - AXES + p->rank], sizes[a], p->nearest != 0,
                                  (enum fill_mode)p->fill_mode);
}

/* The weight of a corner (bit a: which neighbour along axis a), differentiated along `count`
 * directions [rank]; axes in the set `used` are left out. */
static float corner_weight(const struct neighbours *axes, int corner, int64_t rank,
                           const float *const *directions, int count, int used) {
    float weight = count == 0;
    for (int a = AXES - (int)rank; a < AXES; a++) {
        int side = corner >> a & 1;
        if (used >> a & 1)
            continue;
        if (count == 0)
            weight *= axes[a].factor[side];
        else
            weight += directions[count - 1][a - AXES + rank] * axes[a].slope[side] *
                      corner_weight(axes, corner, rank, directions, count - 1, used | 1 << a);
    }
    return weight;
}

/* Lists the corners of a point's cell that are pixels. */
static int list_corners(const struct sample_params *p, const struct neighbours *axes, int *corners,
                        int32_t *columns) {
    int count = 0;
    for (int corner = 0; corner < CORNERS; corner++) {
        int64_t d = axes[0].pixel[corner & 1], h = axes[1].pixel[corner >> 1 & 1];
        int64_t w = axes[2].pixel[corner >> 2];
        if (d < 0 || h < 0 || w < 0)
            continue;
        corners[count] = corner;
        columns[count++] = (int32_t)((d * p->h + h) * p->w + w);
    }
    return count;
}

/* The matrix row of one point, over the pixels of its image. */
struct sample_row {
    struct neighbours axes[AXES];
    int corners[CORNERS];
    int32_t starts[2], columns[CORNERS];
    float weights[CORNERS];
};

static void make_row(const struct sample_args *a, int64_t point, struct sample_row *row) {
    int64_t rank = a->p->rank;
    const float *direction = a->direction ? a->direction + point * rank : NULL;
    find_axes(a->p, a->points + point * rank, row->axes);
    row->starts[0] = 0;
    row->starts[1] = list_corners(a->p, row->axes, row->corners, row->columns);
    for (int k = 0; k < row->starts[1]; k++)
        row->weights[k] =
            corner_weight(row->axes, row->corners[k], rank, &direction, direction != NULL, 0);
}

/* The image of a point's owner; -1, and the run fails, when there is none. */
static int64_t image_of(const struct sample_args *a, int64_t owner) {
    int64_t image = a->index ? a->index[owner] : owner;
    if (image >= 0 && image < a->images)
        return image;
    run_fail((struct run *)a->run, STATUS_IMAGE_RANGE, image);
    return -1;
}

static int64_t image_size(const struct sample_params *p) { return p->d * p->h * p->w * p->c; }

static struct sparse_tile row_tile(const struct sample_args *a, const struct sample_row *row,
                                   int64_t image, int64_t point) {
    return (struct sparse_tile){
        .x = a->x + image * image_size(a->p),
        .y = a->y + point * a->p->c,
        .starts = row->starts,
        .columns = row->columns,
        .weights = row->weights,
        .rows = 1,
        .step = a->p->c,
        .channels = a->p->c,
    };
}

/* y = the values at some points. */
static void sample_task(void *arg, int64_t task, int thread) {
    (void)thread;
    const struct sample_args *a = arg;
    int64_t all = a->owners * a->p->points, first = task * a->points_of_task;
    for (int64_t point = first; point < min64(all, first + a->points_of_task); point++) {
        int64_t image = image_of(a, point / a->p->points);
        if (image < 0)
            return;
        struct sample_row row;
        make_row(a, point, &row);
        struct sparse_tile tile = row_tile(a, &row, image, point);
        a->run->kernels->sparse_gather(&tile);
    }
}

/* dpoints = the slopes of the weights along each axis, times the pixels' share in y's gradient. */
static void slopes_of_point(const struct sample_args *a, int64_t image, int64_t point) {
    static const float UNIT[AXES][AXES] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
    int64_t rank = a->p->rank;
    struct sample_row row;
    float products[CORNERS];
    make_row(a, point, &row);
    struct sparse_tile tile = row_tile(a, &row, image, point);
    a->run->kernels->sparse_dot(&tile, products);
    for (int64_t axis = 0; axis < rank; axis++) {
        const float *along[] = {UNIT[axis], a->direction ? a->direction + point * rank : NULL};
        float sum = 0;
        for (int k = 0; k < row.starts[1]; k++)
            sum += products[k] *
                   corner_weight(row.axes, row.corners[k], rank, along, a->direction ? 2 : 1, 0);
        a->dpoints[point * rank + axis] = sum;
    }
}

static void sample_points_task(void *arg, int64_t task, int thread) {
    (void)thread;
    const struct sample_args *a = arg;
    int64_t all = a->owners * a->p->points, first = task * a->points_of_task;
    for (int64_t point = first; point < min64(all, first + a->points_of_task); point++) {
        int64_t image = image_of(a, point / a->p->points);
        if (image < 0)
            return;
        slopes_of_point(a, image, point);
    }
}

/* Adds one owner's points to some channels of its image. */
static void scatter_owner(const struct sample_args *a, int64_t owner, const struct slab *slab) {
    for (int64_t i = owner * a->p->points; i < (owner + 1) * a->p->points; i++) {
        struct sample_row row;
        make_row(a, i, &row);
        struct sparse_tile tile = row_tile(a, &row, slab->image, i);
        tile.x += slab->channel;
        tile.y += slab->channel;
        tile.channels = slab->channels;
        a->run->kernels->sparse_scatter(&tile);
    }
}

/* x's gradient: tasks are images and some of their channels; owners in order. */
static void sample_gradient_task(void *arg, int64_t task, int thread) {
    (void)thread;
    const struct sample_args *a = arg;
    int64_t c = a->p->c, size = image_size(a->p);
    struct slab slab = slab_of(task, a->images, c);
    float *x = a->x + slab.image * size + slab.channel;
    clear_channels(a->run->kernels, x, size / c, c, slab.channels);
    int64_t first = a->index ? 0 : slab.image, last = a->index ? a->owners : slab.image + 1;
    for (int64_t owner = first; owner < last; owner++)
        if (image_of(a, owner) == slab.image)
            scatter_owner(a, owner, &slab);
}

/* The buffers that all three ops have: points, direction?, index?, x, y. */
static struct sample_args sample_args(const struct op *op, const struct run *run) {
    const struct sample_params *p = PARAMS_OF(op, sample_params);
    int64_t owners = op_extent(p->n, p->batched, run->n);
    return (struct sample_args){
        .run = run,
        .p = p,
        .points = op_buffer(op, run, 0),
        .direction = op_buffer(op, run, 1),
        .index = op_buffer(op, run, 2),
        .x = op_buffer(op, run, 3),
        .y = op_buffer(op, run, 4),
        .owners = owners,
        .images = p->batched ? owners : p->images,
        .points_of_task = max64(1, SAMPLE_BLOCK / p->c),
    };
}

static void sample_run(const struct op *op, struct run *run) {
    struct sample_args a = sample_args(op, run);
    run_tasks(run, div_up(a.owners * a.p->points, a.points_of_task), sample_task, &a);
}

static void sample_points_gradient_run(const struct op *op, struct run *run) {
    struct sample_args a = sample_args(op, run);
    a.dpoints = op_buffer(op, run, 5);
    run_tasks(run, div_up(a.owners * a.p->points, a.points_of_task), sample_points_task, &a);
}

static void sample_gradient_run(const struct op *op, struct run *run) {
    struct sample_args a = sample_args(op, run);
    run_tasks(run, slab_count(a.images, a.p->c), sample_gradient_task, &a);
}

static double sample_cost(const struct op *op, int64_t n) {
    const struct sample_params *p = PARAMS_OF(op, sample_params);
    int64_t corners = (int64_t)1 << p->rank;
    double points = (double)(op_extent(p->n, p->batched, n) * p->points);
    return points * (50 + (double)(corners * p->c) * sizeof(float) * NS_PER_BYTE);
}

static enum status sample_prepare(struct op *op) {
    const struct sample_params *p = PARAMS_OF(op, sample_params);
    bool sizes = p->rank >= 1 && p->rank <= AXES && p->d >= 1 && p->h >= 1 && p->w >= 1;
    bool fits = sizes && p->c >= 1 && p->points >= 1 && p->d * p->h * p->w <= INT32_MAX;
    return fits ? STATUS_OK : STATUS_BAD_PARAMS;
}

#define SAMPLE_OP(op_name, buffer_names)   \
    const struct op_type op_##op_name = {  \
        .name = #op_name,                  \
        .buffers = buffer_names,           \
        .params = sample_params_names,     \
        .constants = "",                   \
        .prepare = sample_prepare,         \
        .cost = sample_cost,               \
        .by_example = leads_with_examples, \
        .run = op_name##_run,              \
        .may_fail = true,                  \
    }

SAMPLE_OP(sample, "points, direction?, index?, x, y!");
SAMPLE_OP(sample_gradient, "points, direction?, index?, dx!, dy");
SAMPLE_OP(sample_points_gradient, "points, direction?, index?, x, dy, dpoints!");
