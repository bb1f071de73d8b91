/* cross_entropy.h: one sweep over rows of n logits z makes losses, gradients and hits, of the
 * e_i = exp(z_i - max z) that softmax.h has. */

BODY float is_found(int64_t place, int64_t label) { return place == label ? 1.0f : 0.0f; }

/* Only the maximum where no more is needed. */
BODY struct row_exp row_of(const struct cross_entropy *s, const float *z, float *dz) {
    if (s->loss || dz)
        return row_exp(z, dz, s->n);
    return (struct row_exp){.max = fold_row(FOLD_max, z, s->n), .sum = vset1(1.0f)};
}

/* Place of the first of a row's largest probabilities e_i / sum, of which 1 / sum is one. */
BODY int64_t likeliest(const float *e, struct row_exp row, int64_t n) {
    vec most = vdiv(vset1(1.0f), row.sum);
    for (int64_t i = 0; i < n; i += VLEN) {
        int first = first_match(vmul(exp_at(e, row, i, n), most), most);
        if (first < lanes_of(i, n))
            return i + first;
    }
    return 0;
}

/* Place of the first of a row's largest logits or, where asked for, probabilities. */
BODY int64_t winner(const struct cross_entropy *s, int64_t r, struct row_exp row) {
    if (s->probabilities)
        return likeliest(s->dz + r * s->n, row, s->n);
    return find_first(s->z + r * s->n, s->n, row.max);
}

/* loss = log(sum(e)) sum(t) - sum_i t_i (z_i - max), which is there, of a row in each lane. */
BODY void finish_losses(float *loss, int rows, const float *sums, const float *totals) {
    vec log = vmul(vlog(vload(sums)), vload(totals));
    store_lanes(loss, vsub(log, load_lanes(loss, rows)), rows);
}

/* dz = (softmax(z) - one_hot(label)) dloss, of e. */
BODY void label_gradient(float *dz, struct row_exp row, int64_t label, vec dloss, int64_t n) {
    vec scale = vdiv(dloss, row.sum);
    for (int64_t i = 0; i < n; i += VLEN) {
        vec hot = vselect(veq(vload(LANE), vset1((float)(label - i))), dloss, vzero());
        store_lanes(dz + i, vsub(vmul(exp_at(dz, row, i, n), scale), hot), lanes_of(i, n));
    }
}

/* All but the logarithm of row r; returns sum(e). */
BODY float label_row(const struct cross_entropy *s, int64_t r, int64_t label) {
    const float *z = s->z + r * s->n;
    float *dz = s->dz ? s->dz + r * s->n : NULL;
    struct row_exp row = row_of(s, z, dz);
    if (s->loss)
        s->loss[r] = z[label] - first_lane(row.max);
    if (s->correct)
        s->correct[r] = is_found(winner(s, r, row), label);
    if (dz)
        label_gradient(dz, row, label, vset1(s->dloss[r * s->each]), s->n);
    return first_lane(row.sum);
}

/* loss = -log softmax(z)[label] */
static void sparse_cross_entropy(const struct cross_entropy *s, const int32_t *labels) {
    float sums[VLEN], totals[VLEN];
    fill_sweep(sums, VLEN, 1.0f);
    fill_sweep(totals, VLEN, 1.0f);
    for (int64_t r = 0; r < s->rows; r += VLEN) {
        int rows = lanes_of(r, s->rows);
        for (int i = 0; i < rows; i++)
            sums[i] = label_row(s, r + i, labels[r + i]);
        if (s->loss)
            finish_losses(s->loss + r, rows, sums, totals);
    }
}

/* sum_i t_i (z_i - max) */
BODY float target_product(const float *z, const float *t, vec max, int64_t n) {
    vec sum = vzero();
    for (int64_t i = 0; i < n; i += VLEN) {
        int lanes = lanes_of(i, n);
        vec d = first_or_zero(vsub(load_lanes(z + i, lanes), max), lanes);
        sum = vfma(load_lanes(t + i, lanes), d, sum);
    }
    return first_lane(fold_lanes(FOLD_sum, sum));
}

/* dz = (softmax(z) total - t) dloss, of e. */
BODY void target_gradient(float *dz, struct row_exp row, const float *t, vec total, vec dloss,
                          int64_t n) {
    vec scale = vdiv(total, row.sum);
    for (int64_t i = 0; i < n; i += VLEN) {
        int lanes = lanes_of(i, n);
        vec d = vsub(vmul(exp_at(dz, row, i, n), scale), load_lanes(t + i, lanes));
        store_lanes(dz + i, vmul(d, dloss), lanes);
    }
}

/* As label_row; the sum of the targets t goes to `total`. */
BODY float target_row(const struct cross_entropy *s, int64_t r, const float *t, float *total) {
    const float *z = s->z + r * s->n;
    float *dz = s->dz ? s->dz + r * s->n : NULL;
    struct row_exp row = row_of(s, z, dz);
    vec sum = fold_row(FOLD_sum, t, s->n);
    if (s->loss)
        s->loss[r] = target_product(z, t, row.max, s->n);
    if (s->correct)
        s->correct[r] =
            is_found(winner(s, r, row), find_first(t, s->n, fold_row(FOLD_max, t, s->n)));
    if (dz)
        target_gradient(dz, row, t, sum, vset1(s->dloss[r * s->each]), s->n);
    *total = first_lane(sum);
    return first_lane(row.sum);
}

/* loss = -sum_i t_i log softmax(z)_i */
static void cross_entropy(const struct cross_entropy *s, const float *targets) {
    float sums[VLEN], totals[VLEN];
    fill_sweep(sums, VLEN, 1.0f);
    fill_sweep(totals, VLEN, 1.0f);
    for (int64_t r = 0; r < s->rows; r += VLEN) {
        int rows = lanes_of(r, s->rows);
        for (int i = 0; i < rows; i++)
            sums[i] = target_row(s, r + i, targets + (r + i) * s->n, &totals[i]);
        if (s->loss)
            finish_losses(s->loss + r, rows, sums, totals);
    }
}
