/* addresses.h: rows of the gather's table (ops/conv_gather.h). Plain loops: the vec API knows no
 * addresses. */

/* all addresses of which the first `count` are given and the others follow, each `step` floats
 * beyond the one that is `count` before it; `fixed` stays where it is. Twice as many at a time, so
 * that loops are long. */
static void repeat_addresses(const float **at, int64_t count, int64_t all, int64_t step,
                             const float *fixed) {
    for (int64_t have = count, shift = step; have < all; have *= 2, shift *= 2) {
        const float *const *from = at;
        const float **restrict to = at + have;
        int64_t more = have < all - have ? have : all - have;
        for (int64_t i = 0; i < more; i++)
            to[i] = from[i] == fixed ? fixed : from[i] + shift;
    }
}
