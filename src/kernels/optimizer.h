/* optimizer.h: updates of variables. */

enum sgd_rule { SGD_PLAIN, SGD_MOMENTUM, SGD_NESTEROV };

/* w -= w decay; then w -= lr g, or m = mu m - lr g with w += m, or nesterov's w += mu m - lr g. */
BODY void sgd_sweep(enum sgd_rule rule, float *w, const float *g, float *velocity, int64_t n,
                    struct sgd_rates rates) {
    const vec keep = vset1(1.0f - rates.decay), mu = vset1(rates.momentum);
    for (int64_t i = 0; i < n; i += VLEN) {
        int lanes = lanes_of(i, n);
        vec p = vmul(load_lanes(w + i, lanes), keep);
        vec step = vmul(load_lanes(g + i, lanes), vset1(-rates.learning_rate));
        if (rule != SGD_PLAIN) {
            vec m = vfma(load_lanes(velocity + i, lanes), mu, step);
            store_lanes(velocity + i, m, lanes);
            step = rule == SGD_NESTEROV ? vfma(m, mu, step) : m;
        }
        store_lanes(w + i, vadd(p, step), lanes);
    }
}

static void sgd(float *w, const float *g, float *velocity, int64_t n, struct sgd_rates rates) {
    if (!velocity)
        sgd_sweep(SGD_PLAIN, w, g, velocity, n, rates);
    else if (rates.nesterov)
        sgd_sweep(SGD_NESTEROV, w, g, velocity, n, rates);
    else
        sgd_sweep(SGD_MOMENTUM, w, g, velocity, n, rates);
}
