/* few.h: products of at most GEMM_FEW columns. Lanes are not columns, which would leave most of a
 * vec empty, but
 *
 *   gemm_few    k, added up at the end: C[m][j] = finish(sum over r, k of A[r][m][k] * B[r][j][k])
 *   few_outer   m:                      C[m][j] (+)= sum over k of A[k][m] * B[k][j]
 */

enum { FEW_ROWS = VLEN < TILE_ROWS ? VLEN : TILE_ROWS };
enum { FEW_VECS = 4 }; /* of m, at most */

/* Rows of a tile, at most `most`: their sums, a vec of B for each column and one of A are in
 * registers, of which a GEMM leaves a quarter free. */
TILE_INLINE int few_most(int columns, int most) {
    int rows = (GEMM_ACCUMULATORS + GEMM_ACCUMULATORS / 3 - 1 - columns) / columns;
    return rows < most ? rows : most;
}

/* Lanes whose number has the bit d. */
TILE_INLINE vmask few_odd_lanes(int d) {
    float odd[VLEN];
    for (int i = 0; i < VLEN; i++)
        odd[i] = i & d ? 1.0f : 0.0f;
    return vlt(vzero(), vload(odd));
}

/* Lane i: the sum of the lanes of acc[i]. Pairs of vecs become one, then pairs of pairs; in a copy,
 * or gcc 12 keeps acc in memory while it is summed. */
TILE_INLINE vec few_sums(const vec acc[FEW_ROWS]) {
    vec v[FEW_ROWS];
    UNROLL
    for (int i = 0; i < FEW_ROWS; i++)
        v[i] = acc[i];
    UNROLL
    for (int d = 1; d < FEW_ROWS; d *= 2) {
        vmask odd = few_odd_lanes(d);
        UNROLL
        for (int pair = 0; pair < FEW_ROWS / 2; pair++)
            if (pair % d == 0) {
                vec a = v[2 * pair], b = v[2 * pair + d];
                v[2 * pair] = vadd(vselect(odd, b, a), vswap(vselect(odd, a, b), d));
            }
    }
    UNROLL
    for (int d = FEW_ROWS; d < VLEN; d *= 2)
        v[0] = vadd(v[0], vswap(v[0], d));
    return v[0];
}

TILE_INLINE void few_step(vec acc[GEMM_FEW][FEW_ROWS], const float *const *a, int64_t k, int lanes,
                          const float *b, int rows, int columns) {
    vec bv[GEMM_FEW];
    UNROLL
    for (int j = 0; j < columns; j++)
        bv[j] = vload(b + j * VLEN);
    UNROLL
    for (int i = 0; i < rows; i++) {
        vec av = vkeep(load_lanes(a[i] + k, lanes));
        UNROLL
        for (int j = 0; j < columns; j++)
            acc[j][i] = vfma(av, bv[j], acc[j][i]);
    }
}

/* The sums of `rows` pointers of each run. */
TILE_INLINE void few_sum(vec acc[GEMM_FEW][FEW_ROWS], const struct gemm *g,
                         const int64_t at[FEW_ROWS], int rows, int columns) {
    const int64_t whole = g->k / VLEN * VLEN;
    const float *const *run = g->a, *b = g->b;
    for (int64_t r = 0; r < g->runs; r++, run += g->a_stride) {
        const float *a[FEW_ROWS];
        UNROLL
        for (int i = 0; i < rows; i++)
            a[i] = run[at[i]] + g->a_first;
        for (int64_t k = 0; k < whole; k += VLEN, b += columns * VLEN)
            few_step(acc, a, k, VLEN, b, rows, columns);
        if (whole < g->k) {
            few_step(acc, a, whole, (int)(g->k - whole), b, rows, columns);
            b += columns * VLEN;
        }
    }
}

/* Rows beyond the last are the last again, and not stored. */
TILE_INLINE void few_tile(const struct gemm *g, int64_t row, int rows, int columns) {
    int64_t at[FEW_ROWS];
    vec acc[GEMM_FEW][FEW_ROWS];
    float sums[FEW_ROWS][VLEN], of_column[VLEN];
    for (int i = 0; i < rows; i++)
        at[i] = row + i < g->m ? row + i : g->m - 1;
    UNROLL
    for (int j = 0; j < columns; j++)
        UNROLL
    for (int i = 0; i < FEW_ROWS; i++)
        acc[j][i] = vzero();
    few_sum(acc, g, at, rows, columns);
    UNROLL
    for (int j = 0; j < columns; j++) {
        vstore(of_column, few_sums(acc[j]));
        for (int i = 0; i < rows; i++)
            sums[i][j] = of_column[i];
    }
    vec bias = finish_bias(g->finish, g->c_first, columns);
    for (int i = 0; i < rows && row + i < g->m; i++) {
        float *c = g->c[row + i] + g->c_first;
        vec sum = load_lanes(sums[i], columns);
        store_lanes(c, finish_vec(g->finish, sum, bias, c, columns), columns);
    }
}

TILE_INLINE void few_rows(const struct gemm *g, int columns) {
    const int rows = few_most(columns, FEW_ROWS);
    for (int64_t row = 0; row < g->m; row += rows)
        few_tile(g, row, rows, columns);
}

static void gemm_few(const struct gemm *g) {
    switch (g->columns) {
    case 1:
        few_rows(g, 1);
        break;
    case 2:
        few_rows(g, 2);
        break;
    case 3:
        few_rows(g, 3);
        break;
    case 4:
        few_rows(g, 4);
        break;
    }
}

/* Adds to or sets a column of C, whose lanes lie c_stride apart. */
TILE_INLINE void few_column(const struct gemm *g, float *c, vec sum, int lanes) {
    float sums[VLEN];
    vstore(sums, sum);
    for (int i = 0; i < lanes; i++, c += g->c_stride)
        *c = g->add ? *c + sums[i] : sums[i];
}

/* Some vecs of m, the last of `lanes`. B is one vec wide. */
TILE_INLINE void few_outer_tile(const struct gemm *g, int64_t row, int lanes, int vecs,
                                int columns) {
    vec acc[FEW_VECS][GEMM_FEW];
    UNROLL
    for (int i = 0; i < vecs; i++)
        UNROLL
    for (int j = 0; j < columns; j++)
        acc[i][j] = vzero();
    const float *b = g->b;
    for (int64_t k = 0; k < g->k; k++, b += VLEN) {
        const float *a = g->a[k] + g->a_first + row;
        if (g->a[k] == g->zeros)
            continue;
        UNROLL
        for (int i = 0; i < vecs; i++) {
            vec av = vkeep(load_lanes(a + i * VLEN, i < vecs - 1 ? VLEN : lanes));
            UNROLL
            for (int j = 0; j < columns; j++)
                acc[i][j] = vfma(av, vset1(b[j]), acc[i][j]);
        }
    }
    UNROLL
    for (int i = 0; i < vecs; i++)
        UNROLL
    for (int j = 0; j < columns; j++) {
        float *c = g->c_base + (row + i * VLEN) * g->c_stride + g->c_first + j;
        few_column(g, c, acc[i][j], i < vecs - 1 ? VLEN : lanes);
    }
}

TILE_INLINE void few_outer_columns(const struct gemm *g, int columns) {
    const int most = few_most(columns, FEW_VECS);
    int64_t row = 0;
    for (; row + most * VLEN <= g->m; row += most * VLEN)
        few_outer_tile(g, row, VLEN, most, columns);
    for (; row < g->m; row += VLEN)
        few_outer_tile(g, row, lanes_of(row, g->m), 1, columns);
}

TILE_INLINE void few_outer(const struct gemm *g) {
    switch (g->columns) {
    case 1:
        few_outer_columns(g, 1);
        break;
    case 2:
        few_outer_columns(g, 2);
        break;
    case 3:
        few_outer_columns(g, 3);
        break;
    case 4:
        few_outer_columns(g, 4);
        break;
    }
}

/* Vecs of m where they take fewer products than its rows, one for each number of A. */
static void gemm_outer(const struct gemm *g) {
    if (g->columns <= GEMM_FEW && (g->m + VLEN - 1) / VLEN * g->columns < g->m)
        few_outer(g);
    else
        gemm_outer_panel(g);
}
