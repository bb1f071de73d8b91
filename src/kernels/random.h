/* random.h: Philox4x32-10 (Salmon et al. 2011, Parallel random numbers: as easy as 1, 2, 3).
 * Element e of a stream is word e % 4 of the block with key (seed, PHILOX_STREAM) and counter (e /
 * 4 low, e / 4 high, counter, 0), so it depends on nothing else. */

enum { PHILOX_ROUNDS = 10 };
enum { PHILOX_BLOCKS = 16 };               /* of a batch: whole vectors of every ISA */
enum { PHILOX_WORDS = 4 * PHILOX_BLOCKS }; /* numbers of a batch */
static const uint32_t PHILOX_STREAM = 0x70796376u;

/* One block in each 64 bits. A word is the low half; what the high half holds does not matter. */
typedef uint64_t blocks __attribute__((vector_size(sizeof(vec))));
enum { BLOCKS_OF_VEC = sizeof(vec) / sizeof(uint64_t) };

BODY blocks multiply(blocks a, uint32_t b) {
    blocks factor = (blocks){0} + b;
    return (blocks)vmul_low((vint)a, (vint)factor);
}

/* Words 0 and 1 of blocks [block, block + BLOCKS_OF_VEC), and their words 2 and 3. */
BODY void philox(struct random_key key, uint64_t block, uint64_t *ab, uint64_t *cd) {
    static const uint64_t PLACE[] = {0, 1, 2, 3, 4, 5, 6, 7};
    blocks a, b, c = (blocks){0} + key.counter, d = {0}, low = (blocks){0} + 0xffffffff;
    uint32_t k0 = key.seed, k1 = PHILOX_STREAM;
    memcpy(&a, PLACE, sizeof a);
    a += block;
    b = a >> 32;
    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        blocks p = multiply(a, 0xD2511F53u), q = multiply(c, 0xCD9E8D57u);
        a = (q >> 32) ^ b ^ k0;
        b = q;
        c = (p >> 32) ^ d ^ k1;
        d = p;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    a = (a & low) | b << 32;
    c = (c & low) | d << 32;
    memcpy(ab, &a, sizeof a);
    memcpy(cd, &c, sizeof c);
}

/* Numbers in [0, 1): multiples of 2^-24. */
static void uniform_batch(struct random_key key, int64_t first, float *u) {
    uint64_t ab[PHILOX_BLOCKS], cd[PHILOX_BLOCKS];
    for (int i = 0; i < PHILOX_BLOCKS; i += BLOCKS_OF_VEC)
        philox(key, (uint64_t)(first / 4 + i), ab + i, cd + i);
    for (int i = 0; i < PHILOX_BLOCKS; i++) {
        u[4 * i] = (float)((int32_t)ab[i] >> 8 & 0xffffff) * 0x1p-24f;
        u[4 * i + 1] = (float)(int32_t)(ab[i] >> 40) * 0x1p-24f;
        u[4 * i + 2] = (float)((int32_t)cd[i] >> 8 & 0xffffff) * 0x1p-24f;
        u[4 * i + 3] = (float)(int32_t)(cd[i] >> 40) * 0x1p-24f;
    }
}

/* sin and cos of 2 pi u for |u| <= 1/4 and 1/2: sin is odd in u, cos(2 pi u) = sin(2 pi (1/4 -
 * |u|)). */
BODY vec sin_turns(vec u) {
    static const float s[] = {6.283185482e+00f,  -4.134170151e+01f, 8.160522461e+01f,
                              -7.670428467e+01f, 4.200983047e+01f,  -1.439429951e+01f};
    return vmul(u, vpolynomial(vmul(u, u), s, 5));
}

/* Box and Muller 1958: r cos(2 pi v) and r sin(2 pi v) with r = sqrt(-2 log(1 - u)). A batch takes
 * u from its first half and v from its second. */
static void normal_batch(struct random_key key, int64_t first, float *y) {
    enum { HALF = PHILOX_WORDS / 2 };
    uniform_batch(key, first, y);
    for (int i = 0; i < HALF; i += VLEN) {
        vec u = vload(y + i), v = vsub(vload(y + HALF + i), vset1(0.5f));
        vec r = vsqrt(vmul(vset1(-2.0f), vlog(vsub(vset1(1.0f), u))));
        vec cosine = sin_turns(vsub(vset1(0.25f), vabs(v)));
        vec fold = vsub(vcopysign(vset1(0.5f), v), v);
        vec sine = sin_turns(vselect(vlt(vset1(0.25f), vabs(v)), fold, v));
        vstore(y + i, vmul(r, cosine));
        vstore(y + HALF + i, vmul(r, sine));
    }
}

/* How many of the `most` numbers from element `at` on are one batch's. Batches begin at multiples
 * of their length, wherever a slice of the examples begins. */
static int64_t of_one_batch(int64_t at, int64_t most) {
    int64_t left = PHILOX_WORDS - at % PHILOX_WORDS;
    return left < most ? left : most;
}

static void random_sweep(void (*batch)(struct random_key, int64_t, float *), struct random_key key,
                         float *y, int64_t n) {
    float part[PHILOX_WORDS];
    for (int64_t i = 0, count; i < n; i += count) {
        int64_t at = key.first + i, before = at % PHILOX_WORDS;
        count = of_one_batch(at, n - i);
        batch(key, at - before, count == PHILOX_WORDS ? y + i : part);
        if (count < PHILOX_WORDS)
            memcpy(y + i, part + before, sizeof(float) * (size_t)count);
    }
}

static void random_uniform(struct random_key key, float *y, int64_t n) {
    random_sweep(uniform_batch, key, y, n);
}

static void random_normal(struct random_key key, float *y, int64_t n) {
    random_sweep(normal_batch, key, y, n);
}

/* y = u >= rate ? x / (1 - rate) : 0 */
BODY void dropout_batch(const float *u, const float *x, float *y, int64_t n, vec scale, vec rate) {
    for (int64_t i = 0; i < n; i += VLEN) {
        int lanes = lanes_of(i, n);
        vec kept = vmul(load_lanes(x + i, lanes), scale);
        store_lanes(y + i, vselect(vle(rate, load_lanes(u + i, lanes)), kept, vzero()), lanes);
    }
}

static void dropout(struct random_key key, const float *x, float *y, int64_t n, float rate) {
    const vec scale = vset1(1.0f / (1.0f - rate)), least = vset1(rate);
    float u[PHILOX_WORDS];
    for (int64_t i = 0, count; i < n; i += count) {
        int64_t at = key.first + i, before = at % PHILOX_WORDS;
        count = of_one_batch(at, n - i);
        uniform_batch(key, at - before, u);
        if (count == PHILOX_WORDS)
            dropout_batch(u, x + i, y + i, PHILOX_WORDS, scale, least);
        else
            dropout_batch(u + before, x + i, y + i, count, scale, least);
    }
}
