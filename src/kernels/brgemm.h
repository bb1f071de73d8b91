/* brgemm.h: the heart of convolution, its transpose, its kernel gradient and Dense.
 *
 *   gemm        C[m][j] (+)= sum over r, k of A[r][m][k] * B[r][k][j]     rows of A: pixels
 *   gemm_outer  C[m][j] (+)= sum over k of A[k][m] * B[k][j]              rows of A: the sum's
 * pixels
 *
 * A register tile is mr rows x nv vecs; every function below is compiled for constant mr and nv, so
 * that the accumulators are registers. Each step of k loads nv vecs of B, broadcasts mr numbers of
 * A and does mr * nv fused multiply-adds. A sum begins at zero and meets C only at its end. */

enum { TILE_ROWS = 8 }; /* at most */
enum { LINE = 16 };     /* floats of a cache line */

/* Unrolls the next loop wholly: only then are the accumulators registers. */
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif

#define TILE_INLINE static inline __attribute__((always_inline))

TILE_INLINE void tile_step(vec acc[TILE_ROWS][GEMM_NV], const float *const *a, int64_t k,
                           const float *b, int mr, int nv) {
    vec bv[GEMM_NV];
    for (int j = 0; j < nv; j++)
        bv[j] = vload(b + j * VLEN);
    for (int i = 0; i < mr; i++) {
        vec av = vset1(a[i][k]);
        for (int j = 0; j < nv; j++)
            acc[i][j] = vfma(av, bv[j], acc[i][j]);
    }
}

/* Whether a run of all rows of a tile is padding, which adds nothing. */
TILE_INLINE bool tile_is_padding(const struct gemm *g, const float *const *rows, int mr) {
    if (!g->zeros)
        return false;
    for (int i = 0; i < mr; i++)
        if (rows[i] != g->zeros)
            return false;
    return true;
}

/* A tile's share of what is fetched meanwhile: a line at each step, while there are some. */
struct ahead {
    const float *line;
    int64_t lines;
};
TILE_INLINE struct ahead ahead_of(const struct gemm *g, int64_t row, int mr) {
    int64_t first = row * g->ahead_lines / g->m, last = (row + mr) * g->ahead_lines / g->m;
    return (struct ahead){g->ahead + first * LINE, last - first};
}

TILE_INLINE void tile_sum(vec acc[TILE_ROWS][GEMM_NV], const struct gemm *g, int64_t row, int mr,
                          int nv) {
    const float *b = g->b;
    struct ahead ahead = ahead_of(g, row, mr);
    const float *const *rows = g->a + row;
    for (int64_t r = 0; r < g->runs; r++, rows += g->a_stride) {
        if (tile_is_padding(g, rows, mr)) {
            b += g->k * nv * VLEN;
            continue;
        }
        const float *a[TILE_ROWS];
        for (int i = 0; i < mr; i++)
            a[i] = rows[i] + g->a_first;
        int64_t k = 0;
        for (; k < ahead.lines && k < g->k; k++, b += nv * VLEN, ahead.line += LINE) {
            __builtin_prefetch(ahead.line, 0, 2);
            tile_step(acc, a, k, b, mr, nv);
        }
        ahead.lines -= k;
        for (; k < g->k; k++, b += nv * VLEN)
            tile_step(acc, a, k, b, mr, nv);
    }
}

TILE_INLINE void tile_sum_outer(vec acc[TILE_ROWS][GEMM_NV], const struct gemm *g, int64_t row,
                                int mr, int nv) {
    const float *b = g->b;
    int64_t first = g->a_first + row;
    struct ahead ahead = ahead_of(g, row, mr);
    for (int64_t k = 0; k < g->k; k++, b += nv * VLEN) {
        if (k < ahead.lines)
            __builtin_prefetch(ahead.line + k * LINE, 0, 2);
        if (g->a[k] == g->zeros)
            continue;
        const float *x = g->a[k] + first, *a[TILE_ROWS];
        __asm__ volatile("" : "+r"(x)); /* one address, or gcc 12 keeps mr of them and spills */
        for (int i = 0; i < mr; i++)
            a[i] = x + i;
        tile_step(acc, a, 0, b, mr, nv);
    }
}

/* How a tile ends. The tests are made once for all of its vecs: 9 % of a step of small lines. */
enum tile_end { END_STORE, END_ADD, END_CLIP, END_MASK, END_BITS, END_ANY };

TILE_INLINE enum tile_end tile_end_of(const struct gemm *g, bool outer) {
    if (outer || !g->finish)
        return g->add ? END_ADD : END_STORE;
    if (g->add || g->finish->residual || g->finish->made.bytes)
        return END_ANY;
    if (g->finish->mask)
        return END_MASK;
    return g->finish->passes.bytes ? END_BITS : END_CLIP;
}

TILE_INLINE vec tile_output(vec sum, vec bias, const struct finish *f, const float *y, int lanes,
                            enum tile_end end) {
    switch (end) {
    case END_STORE:
        return sum;
    case END_ADD:
        return vadd(load_lanes(y, lanes), sum);
    case END_CLIP:
        return finish_clip(f, vadd(sum, bias));
    case END_MASK:
        return finish_mask_numbers(f, finish_clip(f, vadd(sum, bias)), y - f->out, lanes);
    case END_BITS:
        return finish_mask_bits(f, finish_clip(f, vadd(sum, bias)), y - f->out, lanes);
    case END_ANY:
        return finish_vec(f, sum, bias, y, lanes);
    }
    __builtin_unreachable();
}

/* What stores may change, as far as the compiler knows, is read once: into f, lanes and bias. */
TILE_INLINE void tile_store_vec(vec acc[TILE_ROWS][GEMM_NV], const struct finish *finish, vec bias,
                                float *const *c, int mr, int j, int lanes, enum tile_end end) {
    struct finish f;
    if (end >= END_CLIP)
        f = *finish;
    UNROLL
    for (int i = 0; i < mr; i++) {
        float *y = c[i] + j * VLEN;
        store_lanes(y, tile_output(acc[i][j], bias, &f, y, lanes, end), lanes);
    }
}

TILE_INLINE void tile_store_as(vec acc[TILE_ROWS][GEMM_NV], const struct gemm *g, float *const *c,
                               int mr, int nv, enum tile_end end) {
    UNROLL
    for (int j = 0; j < nv; j++) {
        int lanes = j < nv - 1 ? VLEN : (int)(g->columns - (nv - 1) * VLEN);
        vec bias = end >= END_CLIP ? finish_bias(g->finish, g->c_first + j * VLEN, lanes) : vzero();
        if (lanes == VLEN)
            tile_store_vec(acc, g->finish, bias, c, mr, j, VLEN, end);
        else
            tile_store_vec(acc, g->finish, bias, c, mr, j, lanes, end);
    }
}

/* The rare ends, of sums in memory: compiled once. */
static __attribute__((noinline)) void tile_store_any(const float *sums, const struct gemm *g,
                                                     float *const *c, int mr, int nv) {
    for (int j = 0; j < nv; j++) {
        int lanes = j < nv - 1 ? VLEN : (int)(g->columns - (nv - 1) * VLEN);
        vec bias = finish_bias(g->finish, g->c_first + j * VLEN, lanes);
        for (int i = 0; i < mr; i++) {
            float *y = c[i] + j * VLEN;
            vec sum = vload(sums + (i * nv + j) * VLEN);
            sum = g->add ? vadd(load_lanes(y, lanes), sum) : sum;
            store_lanes(y, tile_output(sum, bias, g->finish, y, lanes, END_ANY), lanes);
        }
    }
}

TILE_INLINE void tile_store(vec acc[TILE_ROWS][GEMM_NV], const struct gemm *g, float *const *c,
                            bool outer, int mr, int nv) {
    float sums[TILE_ROWS * GEMM_NV * VLEN];
    switch (tile_end_of(g, outer)) {
    case END_STORE:
        tile_store_as(acc, g, c, mr, nv, END_STORE);
        break;
    case END_ADD:
        tile_store_as(acc, g, c, mr, nv, END_ADD);
        break;
    case END_CLIP:
        tile_store_as(acc, g, c, mr, nv, END_CLIP);
        break;
    case END_MASK:
        tile_store_as(acc, g, c, mr, nv, END_MASK);
        break;
    case END_BITS:
        tile_store_as(acc, g, c, mr, nv, END_BITS);
        break;
    case END_ANY:
        UNROLL
        for (int i = 0; i < mr; i++)
            for (int j = 0; j < nv; j++)
                vstore(sums + (i * nv + j) * VLEN, acc[i][j]);
        tile_store_any(sums, g, c, mr, nv);
        break;
    }
}

/* Fetches what tile_store will add to, while the sum is made, or write where it may not be in a
 * cache: of rows of one line (AVX2) that is 5 % slower. */
TILE_INLINE void tile_prefetch(const struct gemm *g, float *const *c, int mr, int nv) {
    if (g->add || (g->finish && nv * VLEN > LINE))
        for (int i = 0; i < mr; i++)
            for (int j = 0; j < nv * VLEN; j += LINE)
                __builtin_prefetch(c[i] + j, 1);
}

TILE_INLINE void tile(const struct gemm *g, int64_t row, bool outer, int mr, int nv) {
    if (mr * nv > GEMM_ACCUMULATORS && mr > 1)
        __builtin_unreachable(); /* no such tile is asked for, and none is compiled */
    vec acc[TILE_ROWS][GEMM_NV];
    float *c[TILE_ROWS];
    for (int i = 0; i < mr; i++) {
        c[i] = (outer ? g->c_base + (row + i) * g->c_stride : g->c[row + i]) + g->c_first;
        for (int j = 0; j < nv; j++)
            acc[i][j] = vzero();
    }
    tile_prefetch(g, c, mr, nv);
    if (outer)
        tile_sum_outer(acc, g, row, mr, nv);
    else
        tile_sum(acc, g, row, mr, nv);
    tile_store(acc, g, c, outer, mr, nv);
}

/* Cuts the rows into tiles whose heights differ by one at most: a last tile of 1 or 2 rows would
 * wait for its own sums. */
TILE_INLINE void panel(const struct gemm *g, bool outer, int nv) {
    const int64_t most = GEMM_ACCUMULATORS / nv < TILE_ROWS ? GEMM_ACCUMULATORS / nv : TILE_ROWS;
    int64_t tiles = (g->m + most - 1) / most;
    for (int64_t row = 0, mr; tiles > 0; row += mr, tiles--) {
        mr = (g->m - row + tiles - 1) / tiles;
        switch (mr) {
        case 1:
            tile(g, row, outer, 1, nv);
            break;
        case 2:
            tile(g, row, outer, 2, nv);
            break;
        case 3:
            tile(g, row, outer, 3, nv);
            break;
        case 4:
            tile(g, row, outer, 4, nv);
            break;
        case 5:
            tile(g, row, outer, 5, nv);
            break;
        case 6:
            tile(g, row, outer, 6, nv);
            break;
        case 7:
            tile(g, row, outer, 7, nv);
            break;
        case 8:
            tile(g, row, outer, 8, nv);
            break;
        }
    }
}

static void gemm(const struct gemm *g) {
    switch (g->nv) {
    case 1:
        panel(g, false, 1);
        break;
    case 2:
        panel(g, false, 2);
        break;
#if GEMM_NV > 2
    case 3:
        panel(g, false, 3);
        break;
    case 4:
        panel(g, false, 4);
        break;
#endif
    }
}

static void gemm_outer_panel(const struct gemm *g) {
    switch (g->nv) {
    case 1:
        panel(g, true, 1);
        break;
    case 2:
        panel(g, true, 2);
        break;
#if GEMM_NV > 2
    case 3:
        panel(g, true, 3);
        break;
    case 4:
        panel(g, true, 4);
        break;
#endif
    }
}

/* Rows of nv vecs, the last with that many lanes. */
TILE_INLINE void pack_rows(const float *x, int64_t stride, int64_t rows, float *packed, int nv,
                           int lanes) {
    for (int64_t r = 0; r < rows; r++, x += stride, packed += nv * VLEN) {
        UNROLL
        for (int j = 0; j < nv - 1; j++)
            vstore(packed + j * VLEN, vload(x + j * VLEN));
        vstore(packed + (nv - 1) * VLEN, load_lanes(x + (nv - 1) * VLEN, lanes));
    }
}

static void gemm_pack(const float *x, int64_t stride, int64_t rows, int64_t columns,
                      float *packed) {
    int nv = (int)((columns + VLEN - 1) / VLEN), lanes = (int)columns - (nv - 1) * VLEN;
    switch (nv) {
    case 1:
        pack_rows(x, stride, rows, packed, 1, lanes);
        break;
    case 2:
        pack_rows(x, stride, rows, packed, 2, lanes);
        break;
#if GEMM_NV > 2
    case 3:
        pack_rows(x, stride, rows, packed, 3, lanes);
        break;
    case 4:
        pack_rows(x, stride, rows, packed, 4, lanes);
        break;
#endif
    }
}

/* v[i][j] and v[j][i] change places: blocks of 1, 2, 4, ... lanes across the diagonal. */
TILE_INLINE void vtranspose(vec v[VLEN]) {
    UNROLL
    for (int d = 1; d < VLEN; d *= 2) {
        float odd[VLEN]; /* lanes that go to the upper row of a pair */
        for (int i = 0; i < VLEN; i++)
            odd[i] = i & d ? 1.0f : 0.0f;
        vmask upper = vlt(vzero(), vload(odd));
        UNROLL
        for (int pair = 0; pair < VLEN / 2; pair++) {
            int i = pair / d * d + pair; /* of the rows without bit d */
            vec a = v[i], b = v[i + d];
            v[i] = vselect(upper, vswap(b, d), a);
            v[i + d] = vselect(upper, b, vswap(a, d));
        }
    }
}

/* packed[r][j] = x[j][r], a block of VLEN rows and columns; the others of a part are 0. */
TILE_INLINE void pack_block(const float *x, int64_t stride, int rows, int columns, int64_t width,
                            float *packed) {
    vec v[VLEN];
    UNROLL
    for (int j = 0; j < VLEN; j++)
        v[j] = j < columns ? load_lanes(x + j * stride, rows) : vzero();
    vtranspose(v);
    UNROLL
    for (int r = 0; r < VLEN; r++)
        if (r < rows)
            vstore(packed + r * width, v[r]);
}

/* Some lines of each column of x are read at once, and those to come fetched: columns lie in pages
 * of their own. */
static void gemm_pack_transposed(const float *x, int64_t stride, int64_t rows, int64_t columns,
                                 float *packed) {
    enum { CHUNK = 4 * LINE };
    int64_t width = (columns + VLEN - 1) / VLEN * VLEN;
    for (int64_t chunk = 0; chunk < rows; chunk += CHUNK)
        for (int64_t j = 0; j < columns; j += VLEN)
            for (int64_t r = chunk; r < rows && r < chunk + CHUNK; r += VLEN) {
                const float *from = x + j * stride + r;
                float *to = packed + r * width + j;
                if (r + VLEN <= rows && j + VLEN <= columns) {
                    for (int i = 0; i < VLEN; i++)
                        __builtin_prefetch(from + i * stride + CHUNK, 0, 2);
                    pack_block(from, stride, VLEN, VLEN, width, to);
                } else {
                    pack_block(from, stride, lanes_of(r, rows), lanes_of(j, columns), width, to);
                }
            }
}
