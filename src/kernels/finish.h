/* finish.h: how a sum becomes an output of a convolution: the one place in which its algorithms
 * end.
 *
 *   y = v where 0 < mask <= mask_last, else 0;   v = clip(sum + bias + residual, least, most)
 *
 * Without a mask y = v. NaN stays. What the mask says may come as bits, and may be made as bits for
 * the gradient that flows back through y (struct bits). */

/* The bias of some channels from c on. */
BODY vec finish_bias(const struct finish *f, int64_t c, int lanes) {
    return f->bias ? load_lanes(f->bias + c, lanes) : vzero();
}

/* clip(sum + bias): the output of what has neither residual nor mask. */
BODY vec finish_clip(const struct finish *f, vec v) {
    return vmin(vset1(f->most), vmax(vset1(f->least), v));
}

/* Where an activation that clips lets a gradient through: least < y <= last. */
BODY vmask passes_between(vec y, float least, float last) {
    return vmask_and(vlt(vset1(least), y), vle(y, vset1(last)));
}

BODY vmask finish_passes(const struct finish *f, vec y) {
    return passes_between(y, f->least, f->last);
}

enum { VLEN_BYTES = VLEN > BITS_LANES ? VLEN / BITS_LANES : 1 }; /* of the bits of a vec */

/* The byte of element `at`, the first of a vec. */
BODY uint8_t *bits_at(const struct bits *b, int64_t at) {
    int64_t row = bits_row_of(b, at);
    return b->bytes + row * b->row + (at - row * b->channels) / (VLEN / VLEN_BYTES);
}

/* v where the mask's numbers of output `at` let it through. */
BODY vec finish_mask_numbers(const struct finish *f, vec v, int64_t at, int lanes) {
    vec mask = load_lanes(f->mask + at, lanes);
    vec least = vset1(f->mask_least); /* 0 from memory: a constant would stay in a register */
    return vselect(vmask_and(vlt(least, mask), vle(mask, vset1(f->mask_last))), v, least);
}

/* The same, of a mask that comes as bits, or of either kind. */
BODY vec finish_mask_bits(const struct finish *f, vec v, int64_t at, int lanes) {
    return vselect(vload_mask(bits_at(&f->passes, at), lanes), v, vset1(f->mask_least));
}
BODY vec finish_mask(const struct finish *f, vec v, int64_t at, int lanes) {
    return (f->mask ? finish_mask_numbers : finish_mask_bits)(f, v, at, lanes);
}

BODY bool finish_is_masked(const struct finish *f) { return f->mask || f->passes.bytes; }

/* clip(sum + bias + residual) */
BODY vec finish_sum(const struct finish *f, vec sum, vec bias, int64_t at, int lanes) {
    vec v = vadd(sum, bias);
    if (f->residual)
        v = vadd(v, load_lanes(f->residual + at, lanes));
    return finish_clip(f, v);
}

/* The output at y: the sum and the bias of its channels are given. */
BODY vec finish_vec(const struct finish *f, vec sum, vec bias, const float *y, int lanes) {
    int64_t at = y - f->out;
    vec v = finish_sum(f, sum, bias, at, lanes);
    if (finish_is_masked(f))
        v = finish_mask(f, v, at, lanes);
    if (f->made.bytes)
        vstore_mask(bits_at(&f->made, at), finish_passes(f, v), lanes);
    return v;
}

/* The same where there are no bits: they would cost narrow tiles registers. */
BODY vec finish_without_bits(const struct finish *f, vec sum, vec bias, const float *y, int lanes) {
    int64_t at = y - f->out;
    vec v = finish_sum(f, sum, bias, at, lanes);
    return f->mask ? finish_mask_numbers(f, v, at, lanes) : v;
}

static void masked(const uint8_t *bits, const float *dy, float *dx, int64_t n) {
    for (int64_t i = 0; i < n; i += VLEN, bits += VLEN_BYTES) {
        int lanes = lanes_of(i, n);
        vmask passes = vload_mask(bits, lanes);
        store_lanes(dx + i, vselect(passes, load_lanes(dy + i, lanes), vzero()), lanes);
    }
}
