/* fft.h: the discrete Fourier transform of a tile of real pixels, a vec of channels at a time.
 *
 *   X[f][k] = sum over r, c of x[r][c] * exp(-2 pi i (f r / th + k c / tw)),  0 <= k <= tw / 2
 *
 * th and tw are powers of two; th may be 1. As x is real, the other half of the k follows. Two rows
 * at a time go through a transform along the columns, as the real and the imaginary part of one
 * (Sorensen et al. 1987, "Real-valued fast Fourier transform algorithms"). Frequencies f come in
 * bit-reversed order, and what is computed is 2 X: products of spectra need no order, and their
 * scale is that of the inverse. A complex number is two vecs side by side. */

enum { FFT_PAIR = 2 * VLEN }; /* floats of a complex number */

struct complex_vec {
    vec re, im;
};

BODY struct complex_vec complex_load(const float *p) {
    return (struct complex_vec){vload(p), vload(p + VLEN)};
}

BODY void complex_store(float *p, struct complex_vec v) {
    vstore(p, v.re);
    vstore(p + VLEN, v.im);
}

BODY struct complex_vec complex_add(struct complex_vec a, struct complex_vec b) {
    return (struct complex_vec){vadd(a.re, b.re), vadd(a.im, b.im)};
}

BODY struct complex_vec complex_sub(struct complex_vec a, struct complex_vec b) {
    return (struct complex_vec){vsub(a.re, b.re), vsub(a.im, b.im)};
}

/* a times i. */
BODY struct complex_vec complex_turn(struct complex_vec a) {
    return (struct complex_vec){vnegative(a.im), a.re};
}

/* a times b, or times the conjugate of b. */
BODY struct complex_vec complex_mul(struct complex_vec a, struct complex_vec b, bool conjugate) {
    vec re = vmul(a.im, b.im), im = vmul(a.im, b.re);
    return conjugate ? (struct complex_vec){vfma(a.re, b.re, re), vsub(im, vmul(a.re, b.im))}
                     : (struct complex_vec){vsub(vmul(a.re, b.re), re), vfma(a.re, b.im, im)};
}

/* cos(2 pi j / FFT_MOST), 0 <= j <= FFT_MOST / 4. */
static const float QUARTER_TURN[FFT_MOST / 4 + 1] = {
    1.0f,          0.998795456f,  0.995184727f, 0.98917651f,  0.98078528f,  0.970031253f,
    0.956940336f,  0.941544065f,  0.923879533f, 0.903989293f, 0.881921264f, 0.85772861f,
    0.831469612f,  0.803207531f,  0.773010453f, 0.740951125f, 0.707106781f, 0.671558955f,
    0.634393284f,  0.595699304f,  0.555570233f, 0.514102744f, 0.471396737f, 0.427555093f,
    0.382683432f,  0.336889853f,  0.290284677f, 0.24298018f,  0.195090322f, 0.146730474f,
    0.0980171403f, 0.0490676743f, 0.0f,
};

/* exp(-2 pi i j / n), 0 <= j < n. */
BODY struct complex_vec fft_root(int j, int n) {
    const int quarter = FFT_MOST / 4;
    int at = j * (FFT_MOST / n), part = at / quarter, within = at % quarter;
    float near = QUARTER_TURN[within], far = QUARTER_TURN[quarter - within];
    switch (part) {
    case 0:
        return (struct complex_vec){vset1(near), vset1(-far)};
    case 1:
        return (struct complex_vec){vset1(-far), vset1(-near)};
    case 2:
        return (struct complex_vec){vset1(-near), vset1(far)};
    default:
        return (struct complex_vec){vset1(far), vset1(near)};
    }
}

/* Four points a quarter apart, in frequency (Cooley and Tukey 1965); the middle two change places
 * against the usual order, so that all passes together give bit-reversed order. */
BODY void fft_butterfly(float *z, int64_t quarter, const struct complex_vec w[4]) {
    float *z0 = z, *z1 = z + quarter, *z2 = z + 2 * quarter, *z3 = z + 3 * quarter;
    struct complex_vec a = complex_load(z0), b = complex_load(z1);
    struct complex_vec c = complex_load(z2), d = complex_load(z3);
    struct complex_vec even = complex_add(a, c), odd = complex_sub(a, c);
    struct complex_vec sum = complex_add(b, d), turned = complex_turn(complex_sub(b, d));
    complex_store(z0, complex_add(even, sum));
    complex_store(z1, complex_mul(complex_sub(even, sum), w[2], false));
    complex_store(z2, complex_mul(complex_sub(odd, turned), w[1], false));
    complex_store(z3, complex_mul(complex_add(odd, turned), w[3], false));
}

/* Its inverse, times 4. */
BODY void fft_butterfly_inverse(float *z, int64_t quarter, const struct complex_vec w[4]) {
    float *z0 = z, *z1 = z + quarter, *z2 = z + 2 * quarter, *z3 = z + 3 * quarter;
    struct complex_vec a = complex_load(z0), b = complex_mul(complex_load(z1), w[2], true);
    struct complex_vec c = complex_mul(complex_load(z2), w[1], true);
    struct complex_vec d = complex_mul(complex_load(z3), w[3], true);
    struct complex_vec even = complex_add(a, b), sum = complex_sub(a, b);
    struct complex_vec odd = complex_add(c, d), turned = complex_turn(complex_sub(c, d));
    complex_store(z0, complex_add(even, odd));
    complex_store(z1, complex_add(sum, turned));
    complex_store(z2, complex_sub(even, odd));
    complex_store(z3, complex_sub(sum, turned));
}

/* All blocks of n points among the `points`: one pass. */
BODY void fft_pass(float *z, int points, int n, bool inverse) {
    int64_t quarter = n / 4 * FFT_PAIR;
    for (int j = 0; j < n / 4; j++) {
        struct complex_vec w[4];
        for (int k = 1; k < 4; k++)
            w[k] = fft_root(j * k, n);
        for (int block = 0; block < points; block += n)
            if (inverse)
                fft_butterfly_inverse(z + (block + j) * FFT_PAIR, quarter, w);
            else
                fft_butterfly(z + (block + j) * FFT_PAIR, quarter, w);
    }
}

/* Neighbouring points, two by two: the pass that is left where the points are no power of four. */
BODY void fft_pass_two(float *z, int points) {
    for (int i = 0; i < points; i += 2) {
        float *z0 = z + i * FFT_PAIR, *z1 = z0 + FFT_PAIR;
        struct complex_vec a = complex_load(z0), b = complex_load(z1);
        complex_store(z0, complex_add(a, b));
        complex_store(z1, complex_sub(a, b));
    }
}

static void fft_line(float *z, int points) {
    int n = points;
    for (; n >= 4; n /= 4)
        fft_pass(z, points, n, false);
    if (n == 2)
        fft_pass_two(z, points);
}

/* From bit-reversed order, times the number of points. */
static void fft_line_inverse(float *z, int points) {
    int odd = __builtin_ctz((unsigned)points) & 1;
    if (odd)
        fft_pass_two(z, points);
    for (int n = odd ? 8 : 4; n <= points; n *= 4)
        fft_pass(z, points, n, true);
}

/* The place of a frequency among `points` of them. */
static int fft_place(int frequency, int points) {
    int place = 0;
    for (int bit = 1; bit < points; bit *= 2, frequency /= 2)
        place = 2 * place + frequency % 2;
    return place;
}

/* Pixels of tile row `row`, or zeros, as real (part 0) or imaginary parts (part 1) of a line. */
BODY void fft_read_row(const struct fft_tile *t, int row, int part, float *z) {
    int64_t r = row - t->first_row;
    bool inside = r >= 0 && r < t->rows;
    for (int64_t c = 0; c < t->tw; c++) {
        int64_t from = c - t->first_col;
        bool pixel = inside && from >= 0 && from < t->cols;
        vec v = pixel ? load_lanes(t->x + r * t->row_step + from * t->col_step, t->pixel_lanes)
                      : vzero();
        vstore(z + c * FFT_PAIR + part * VLEN, v);
    }
}

BODY void fft_write_row(const struct fft_tile *t, int row, int part, const float *z) {
    int64_t r = row - t->first_row;
    if (r < 0 || r >= t->rows)
        return;
    vec bias = t->finish ? finish_bias(t->finish, t->channel, t->pixel_lanes) : vzero();
    for (int64_t c = 0; c < t->cols; c++) {
        float *y = t->y + r * t->row_step + c * t->col_step;
        vec v = vload(z + (c + t->first_col) * FFT_PAIR + part * VLEN);
        v = vmul(v, vset1(t->scale));
        v = t->finish ? finish_vec(t->finish, v, bias, y, t->pixel_lanes) : v;
        store_lanes(y, v, t->pixel_lanes);
    }
}

/* Frequency k of two real lines out of the transform z of both: row at `s`, the next behind it. */
BODY void fft_part(const float *z, int64_t at, int64_t mirror, float *s, bool two) {
    struct complex_vec a = complex_load(z + at), b = complex_load(z + mirror);
    b.im = vnegative(b.im);
    complex_store(s, complex_add(a, b));
    if (two) {
        struct complex_vec d = complex_sub(b, a); /* (a - b) / i */
        complex_store(s + FFT_PAIR, complex_turn(d));
    }
}

/* The other way: z[k] = a + i b, and z[-k] = conj(a) + i conj(b). */
BODY void fft_join(const float *s, int64_t at, int64_t mirror, float *z, bool two) {
    struct complex_vec a = complex_load(s), b = {vzero(), vzero()};
    if (two)
        b = complex_turn(complex_load(s + FFT_PAIR));
    complex_store(z + at, complex_add(a, b));
    if (mirror != at) {
        struct complex_vec m = complex_sub(a, b);
        complex_store(z + mirror, (struct complex_vec){m.re, vnegative(m.im)});
    }
}

/* t->spectrum[k * th + place of f] of the tile. */
static void fft_forward(const struct fft_tile *t) {
    bool two = t->th > 1;
    float *z = t->work, *s = t->work + t->tw * FFT_PAIR;
    for (int row = 0; row < t->th; row += 2) {
        fft_read_row(t, row, 0, z);
        fft_read_row(t, two ? row + 1 : -1, 1, z);
        fft_line(z, t->tw);
        for (int k = 0; k <= t->tw / 2; k++) {
            int mirror = fft_place((t->tw - k) % t->tw, t->tw);
            fft_part(z, fft_place(k, t->tw) * FFT_PAIR, mirror * FFT_PAIR,
                     s + (k * t->th + row) * FFT_PAIR, two);
        }
    }
    for (int k = 0; k <= t->tw / 2; k++) {
        float *line = s + k * t->th * FFT_PAIR;
        fft_line(line, t->th);
        for (int f = 0; f < t->th; f++) {
            float *to = t->spectrum + (k * t->th + f) * t->step;
            struct complex_vec v = complex_load(line + f * FFT_PAIR);
            store_lanes(to, v.re, t->lanes);
            store_lanes(to + t->imaginary, v.im, t->lanes);
        }
    }
}

/* t->y = finish(scale * th * tw * the tile that t->spectrum is the transform of). */
static void fft_inverse(const struct fft_tile *t) {
    bool two = t->th > 1;
    float *z = t->work, *s = t->work + t->tw * FFT_PAIR;
    for (int k = 0; k <= t->tw / 2; k++) {
        float *line = s + k * t->th * FFT_PAIR;
        for (int f = 0; f < t->th; f++) {
            const float *from = t->spectrum + (k * t->th + f) * t->step;
            complex_store(line + f * FFT_PAIR,
                          (struct complex_vec){load_lanes(from, t->lanes),
                                               load_lanes(from + t->imaginary, t->lanes)});
        }
        fft_line_inverse(line, t->th);
    }
    for (int row = 0; row < t->th; row += 2) {
        for (int k = 0; k <= t->tw / 2; k++) {
            int mirror = fft_place((t->tw - k) % t->tw, t->tw);
            fft_join(s + (k * t->th + row) * FFT_PAIR, fft_place(k, t->tw) * FFT_PAIR,
                     mirror * FFT_PAIR, z, two);
        }
        fft_line_inverse(z, t->tw);
        fft_write_row(t, row, 0, z);
        fft_write_row(t, row + 1, 1, z);
    }
}

/* y[i] (+)= a[i] times b[i], or times the conjugate of b[i]. */
static void fft_product(const float *a, const float *b, float *y, int64_t count, bool conjugate,
                        bool add) {
    for (int64_t i = 0; i < count * FFT_PAIR; i += FFT_PAIR) {
        struct complex_vec v = complex_mul(complex_load(a + i), complex_load(b + i), conjugate);
        if (add)
            v = complex_add(complex_load(y + i), v);
        complex_store(y + i, v);
    }
}
