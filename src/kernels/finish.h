/* finish.h: how a sum becomes an output of a convolution: the one place in which its algorithms
 * end.
 *
 *   y = v where 0 < mask < mask_most, else 0;   v = clip(sum + bias + residual, least, most)
 *
 * Without a mask y = v. NaN stays. */

/* The bias of some channels from c on. */
BODY vec finish_bias(const struct finish *f, int64_t c, int lanes) {
    return f->bias ? load_lanes(f->bias + c, lanes) : vzero();
}

/* clip(sum + bias): the output of what has neither residual nor mask. */
BODY vec finish_clip(const struct finish *f, vec v) {
    return vmin(vset1(f->most), vmax(vset1(f->least), v));
}

/* v where the mask of output `at` lets it through. */
BODY vec finish_mask(const struct finish *f, vec v, int64_t at, int lanes) {
    vec mask = load_lanes(f->mask + at, lanes);
    vec least = vset1(f->mask_least); /* 0 from memory: a constant would stay in a register */
    return vselect(vmask_and(vlt(least, mask), vlt(mask, vset1(f->mask_most))), v, least);
}

/* The output at y: the sum and the bias of its channels are given. */
BODY vec finish_vec(const struct finish *f, vec sum, vec bias, const float *y, int lanes) {
    int64_t at = y - f->out;
    vec v = vadd(sum, bias);
    if (f->residual)
        v = vadd(v, load_lanes(f->residual + at, lanes));
    v = finish_clip(f, v);
    return f->mask ? finish_mask(f, v, at, lanes) : v;
}
