"""Inputs made by gradient descent: what a unit wants, and what a layer still knows."""

import numpy as np

from pyconv import ops
from pyconv.interpret.gradient import value_and_gradient
from pyconv.interpret.probe import batch, unit_index, up_to


def maximize(model, units, layer=None, norm=1.0, steps=200, seed=0):
    """Inputs that excite units most among all of one norm, by gradient ascent (Erhan et al. 2009).

    x <- norm (x + a g / |g|) / |x + a g / |g||, with g = d unit / d x and steps a that fall from
    norm / 2 to 0. The start is white noise, the same for all units. For a linear unit it ends at
    the unit's weights.

    Args:
        model: a model with one input of known size.
        units: a list of channels or classes, each in the middle of its map, or of indices.
        layer: where the units are; see `pyconv.interpret`.
        norm: Euclidean norm of each input.
        steps: number of steps.
        seed: of the noise; an integer.

    Returns:
        (units, spatial..., channels), float32.

    Raises:
        ValueError: a unit does not exist, or no input near the start excites it.

    Example:
        >>> from pyconv import Input, Sequential, layers
        >>> model = Sequential([Input((2,)), layers.Dense(1, use_bias=False)])
        >>> model.set_weights([[[3.0], [-4.0]]])
        >>> maximize(model, [0], norm=5.0).round(3)
        array([[ 3., -4.]], dtype=float32)
    """
    part = up_to(model, layer)
    if np.ndim(units) == 0 or len(units) == 0:
        raise ValueError(f"expected `units` as a list, not empty, received {units!r}")
    chosen = np.stack([_one(part.output_shape, unit) for unit in units])
    start = np.random.default_rng(seed).standard_normal(part.input_shape[1:])
    x = np.repeat(_of_norm(start[None], norm), len(units), axis=0)
    response = value_and_gradient(lambda x, one: part(x) * one)
    for step in range(steps):
        _, gradient = response(x, chosen)
        _check_excited(gradient, units)
        x = _of_norm(x + _of_norm(gradient, norm * (1 - step / steps) / 2), norm)
    return x


def invert(model, x, layer=None, smoothness=1e-3, energy=1e-4, steps=200, seed=0):
    """Inputs to which a layer responds as to x (Mahendran & Vedaldi 2015).

    Minimizes |f(z) - f(x)|^2 / |f(x)|^2 + smoothness TV(z) + energy |z|^2, where TV adds up the
    squared differences of neighbouring pixels, by L-BFGS (needs SciPy) from weak white noise.

    Args:
        model: a model with one input.
        x: examples (n, spatial..., channels).
        layer: f, where the model is cut; see `pyconv.interpret`.
        smoothness, energy: weights of the image prior; more where the layer knows less.
        steps: L-BFGS iterations.
        seed: of the noise; an integer.

    Returns:
        An array of x's shape, float32.

    Raises:
        ValueError: x does not fit the model.

    Example:
        >>> from pyconv import Input, Sequential, layers
        >>> model = Sequential([Input((2, 2, 1)), layers.Flatten()])  # forgets nothing
        >>> x = np.array([[[[1.0], [2.0]], [[3.0], [4.0]]]])
        >>> invert(model, x, smoothness=0.0, energy=0.0).round(3).ravel()
        array([1., 2., 3., 4.], dtype=float32)
    """
    part = up_to(model, layer)
    x = batch(part, x)
    targets = part.predict_on_batch(x)
    scales = 1 / np.maximum(_norms(targets) ** 2, 1e-12)

    def objective(z, target, scale):
        distance = _sum(ops.square(part(z) - target)) * scale
        return distance + smoothness * _variation(z) + energy * _sum(ops.square(z))

    descend = value_and_gradient(objective)
    start = 0.01 * np.random.default_rng(seed).standard_normal(x.shape[1:])
    found = [
        _descend(lambda z, t=t, s=s: descend(z[None], t[None], s), start, steps)
        for t, s in zip(targets, scales, strict=True)
    ]
    return np.stack(found) if found else np.zeros_like(x)


def _descend(objective, start, steps):
    from scipy.optimize import minimize

    def at(flat):
        value, gradient = objective(flat.reshape(start.shape))
        return float(value[0]), gradient.ravel().astype("float64")

    result = minimize(at, start.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": steps})
    return result.x.reshape(start.shape).astype("float32")


def _variation(z):
    """Squared differences of neighbours along all spatial axes, summed per example."""
    total = 0.0
    for axis in range(1, z.ndim - 1):
        lead = (slice(None),) * axis
        step = z[(*lead, slice(1, None))] - z[(*lead, slice(0, z.shape[axis] - 1))]
        total = total + _sum(ops.square(step))
    return total


def _sum(x):
    """The sum of each example: (n,)."""
    return ops.sum(x, axis=tuple(range(1, x.ndim)))


def _one(shape, unit):
    one = np.zeros(shape[1:], "float32")
    one[unit_index(shape, unit)] = 1
    return one


def _norms(x):
    return np.sqrt(np.sum(x.reshape(len(x), -1).astype("float64") ** 2, axis=1))[:, None]


def _of_norm(x, norm):
    """Each example scaled to this norm."""
    factor = norm / np.maximum(_norms(x), 1e-30)
    return (x * factor.reshape(-1, *(1,) * (x.ndim - 1))).astype("float32")


def _check_excited(gradient, units):
    silent = [unit for unit, norm in zip(units, _norms(gradient), strict=True) if norm == 0]
    if silent:
        raise ValueError(
            f"units: expected units that the start excites, received {silent}, whose gradient is "
            "zero there; choose another seed, a larger norm or other units"
        )
