/* optimizer.h: updates of variables. A rule is w = step(w, g, state, c), which changes the state;
 * c are its constants, in the order of the comment over it. */

/* What an update keeps of a variable: vecs of up to UPDATE_STATES arrays. */
#define STEP(name) BODY vec step_##name(vec w, vec g, vec *s, const vec *c)

/* (1 - share) x + share s, with the constants (share, 1 - share) at c. */
BODY vec follow(vec s, vec x, const vec *c) { return vfma(s, c[0], vmul(x, c[1])); }

/* No update: for averages alone. */
STEP(none) {
    (void)g, (void)s, (void)c;
    return w;
}

/* lr */
STEP(sgd) {
    (void)s;
    return vsub(w, vmul(g, c[0]));
}

/* lr, mu; state m = mu m - lr g */
STEP(momentum) {
    s[0] = vsub(vmul(s[0], c[1]), vmul(g, c[0]));
    return vadd(w, s[0]);
}
STEP(nesterov) {
    vec step = vmul(g, c[0]);
    s[0] = vsub(vmul(s[0], c[1]), step);
    return vadd(w, vsub(vmul(s[0], c[1]), step));
}

/* lr, rho, 1 - rho, epsilon; state v, then a where it is centered, then m with momentum mu */
STEP(rmsprop) {
    s[0] = follow(s[0], vmul(g, g), c + 1);
    return vsub(w, vdiv(vmul(g, c[0]), vsqrt(vadd(s[0], c[3]))));
}
BODY vec rmsprop_centered(vec g, vec *s, const vec *c) {
    s[0] = follow(s[0], vmul(g, g), c + 1);
    s[1] = follow(s[1], g, c + 1);
    vec spread = vadd(vsub(s[0], vmul(s[1], s[1])), c[3]);
    return vdiv(vmul(g, c[0]), vsqrt(spread));
}
STEP(rmsprop_centered) { return vsub(w, rmsprop_centered(g, s, c)); }
/* ..., mu */
STEP(rmsprop_momentum) {
    s[0] = follow(s[0], vmul(g, g), c + 1);
    s[1] = vfma(s[1], c[4], vdiv(vmul(g, c[0]), vsqrt(vadd(s[0], c[3]))));
    return vsub(w, s[1]);
}
STEP(rmsprop_centered_momentum) {
    vec step = rmsprop_centered(g, s, c);
    s[2] = vfma(s[2], c[4], step);
    return vsub(w, s[2]);
}

/* a, beta_1, 1 - beta_1, beta_2, 1 - beta_2, epsilon; states m, v, with amsgrad the largest v */
BODY vec adam_step(vec w, vec m, vec v, const vec *c) {
    return vsub(w, vdiv(vmul(m, c[0]), vadd(vsqrt(v), c[5])));
}
STEP(adam) {
    s[0] = follow(s[0], g, c + 1);
    s[1] = follow(s[1], vmul(g, g), c + 3);
    return adam_step(w, s[0], s[1], c);
}
STEP(amsgrad) {
    s[0] = follow(s[0], g, c + 1);
    s[1] = follow(s[1], vmul(g, g), c + 3);
    s[2] = vmaximum(s[2], s[1]);
    return adam_step(w, s[0], s[2], c);
}

/* lr / (1 - beta_1^t), beta_1, 1 - beta_1, beta_2, epsilon; states m, u */
STEP(adamax) {
    s[0] = follow(s[0], g, c + 1);
    s[1] = vmaximum(vmul(s[1], c[3]), vabs(g));
    return vsub(w, vdiv(vmul(s[0], c[0]), vadd(s[1], c[4])));
}

/* lr, beta_1, 1 - beta_1, beta_2, 1 - beta_2, epsilon, factors of m, g and v; states m, v */
STEP(nadam) {
    s[0] = follow(s[0], g, c + 1);
    s[1] = follow(s[1], vmul(g, g), c + 3);
    vec mean = vfma(s[0], c[6], vmul(g, c[7]));
    return vsub(w, vdiv(vmul(mean, c[0]), vadd(vsqrt(vmul(s[1], c[8])), c[5])));
}

/* lr, epsilon; state a, the sum of squares */
STEP(adagrad) {
    s[0] = vfma(g, g, s[0]);
    return vsub(w, vdiv(vmul(g, c[0]), vsqrt(vadd(s[0], c[1]))));
}

/* lr, rho, 1 - rho, epsilon; states: means of g^2 and of step^2 */
STEP(adadelta) {
    s[0] = follow(s[0], vmul(g, g), c + 1);
    vec step = vdiv(vmul(vsqrt(vadd(s[1], c[3])), g), vsqrt(vadd(s[0], c[3])));
    s[1] = follow(s[1], vmul(step, step), c + 1);
    return vsub(w, vmul(step, c[0]));
}

/* lr, beta_1, 1 - beta_1, beta_2, 1 - beta_2; state m */
STEP(lion) {
    vec d = follow(s[0], g, c + 1), one = vset1(1.0f);
    vec sign = vselect(vlt(vzero(), d), one, vselect(vlt(d, vzero()), vset1(-1.0f), d));
    s[0] = follow(s[0], g, c + 3);
    return vsub(w, vmul(sign, c[0]));
}

/* One sweep: g scaled and clipped, w -= w decay, the step, the average of w. */
BODY void update_sweep(vec (*step)(vec, vec, vec *, const vec *), int states,
                       const struct update_arrays *a, int64_t n, const struct update_rates *r) {
    const vec keep = vset1(1.0f - r->decay), scale = vset1(r->scale), bound = vset1(r->bound);
    const vec share[2] = {vset1(r->average), vset1(1.0f - r->average)};
    vec c[UPDATE_CONSTANTS], s[UPDATE_STATES] = {vzero(), vzero(), vzero()};
    for (int i = 0; i < UPDATE_CONSTANTS; i++)
        c[i] = vset1(r->constants[i]);
    for (int64_t i = 0; i < n; i += VLEN) {
        int lanes = lanes_of(i, n);
        vec g = a->g ? vmul(load_lanes(a->g + i, lanes), scale) : vzero();
        g = vmin(bound, vmax(vsub(vzero(), bound), g)); /* NaN stays */
        for (int k = 0; k < states; k++)
            s[k] = load_lanes(a->state[k] + i, lanes);
        vec w = step(vmul(load_lanes(a->w + i, lanes), keep), g, s, c);
        for (int k = 0; k < states; k++)
            store_lanes(a->state[k] + i, s[k], lanes);
        store_lanes(a->w + i, w, lanes);
        if (a->average)
            store_lanes(a->average + i, follow(load_lanes(a->average + i, lanes), w, share), lanes);
    }
}

#define UPDATE_KERNEL(name, states)                                     \
    static void update_##name(const struct update_arrays *a, int64_t n, \
                              const struct update_rates *r) {           \
        update_sweep(step_##name, states, a, n, r);                     \
    }
UPDATE_LIST(UPDATE_KERNEL)
#define UPDATE_ENTRY(name, states) [UPDATE_##name] = update_##name,
