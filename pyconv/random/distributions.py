"""Random numbers of several distributions, of a shape."""

from __future__ import annotations

import math

import numpy as np

from pyconv.graph import apply, as_tensor
from pyconv.ops.creation import sizes_of
from pyconv.ops.dtypes import concrete, dtype_name, floats
from pyconv.ops.elementwise import (
    add,
    cast,
    divide,
    exp,
    floor,
    greater,
    less,
    log,
    maximum,
    minimum,
    multiply,
    negative,
    power,
    rsqrt,
    square,
    subtract,
)
from pyconv.ops.functions import erfinv, logical_and
from pyconv.ops.random import Numbers
from pyconv.ops.reduce import argmax, sum
from pyconv.ops.selection import where
from pyconv.ops.shaping import broadcast_to, expand_dims, shape_of
from pyconv.random.seed_generator import Draws

#: Rounds of rejection: each keeps 95 % or more, so that one of 10^10 numbers finds none.
_ROUNDS = 8


def _standard(distribution: str, shape, draws: Draws):
    """Uniform numbers in [0, 1) or standard normal ones."""
    shape, key = sizes_of(shape), draws.next()
    return apply(Numbers(distribution, shape), as_tensor(key) if None in shape else key)


def _floating(what: str, dtype) -> str:
    name = dtype_name(dtype)
    if "float" not in name:
        raise ValueError(f"random.{what}: expected a floating `dtype`, received {dtype!r}")
    return name


def normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Normal random numbers.

    Args:
        shape: sizes; None leads for as many as there are examples, in a graph.
        mean, stddev: numbers, or tensors or arrays that broadcast; gradients flow to them.
        dtype: a floating one, float32 by default.
        seed: an integer gives the same numbers at each call; a `SeedGenerator` other ones each
            time; None draws from the global generator.

    Example:
        >>> from pyconv import random
        >>> random.normal((2, 3), seed=1).shape
        (2, 3)
    """
    name = _floating("normal", dtype)
    y = _standard("normal", shape, Draws(seed))
    return cast(add(multiply(y, floats(stddev)), floats(mean)), name)


def uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None):
    """Uniform random numbers from minval to before maxval; arguments as `normal`.

    Example:
        >>> from pyconv import random
        >>> y = random.uniform((100,), 2.0, 3.0, seed=1)
        >>> bool((y >= 2).all() and (y < 3).all())
        True
    """
    name = _floating("uniform", dtype)
    minval, maxval = floats(minval), floats(maxval)
    y = _standard("uniform", shape, Draws(seed))
    return cast(add(multiply(y, subtract(maxval, minval)), minval), name)


def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Normal random numbers within two standard deviations; arguments as `normal`.

    Example:
        >>> from pyconv import random
        >>> bool(abs(random.truncated_normal((100,), seed=1)).max() <= 2)
        True
    """
    name = _floating("truncated_normal", dtype)
    share = math.erf(math.sqrt(2))  # of normal numbers lies within
    u = _standard("uniform", shape, Draws(seed))
    y = multiply(erfinv(multiply(subtract(multiply(u, 2.0), 1.0), share)), math.sqrt(2))
    y = minimum(maximum(y, -2.0), 2.0)
    return cast(add(multiply(y, floats(stddev)), floats(mean)), name)


def randint(shape, minval, maxval, dtype="int32", seed=None):
    """Random integers from minval to before maxval, up to 2^24 different ones.

    Args:
        shape, seed: as in `normal`.
        minval, maxval: integers.
        dtype: an integral one.

    Example:
        >>> from pyconv import random
        >>> set(random.randint((100,), 0, 3, seed=1).tolist())
        {0, 1, 2}
    """
    name = dtype_name(dtype)
    if "int" not in name:
        raise ValueError(f"random.randint: expected an integral `dtype`, received {dtype!r}")
    minval, maxval = floats(minval), floats(maxval)
    steps = floor(multiply(_standard("uniform", shape, Draws(seed)), subtract(maxval, minval)))
    return cast(add(minimum(steps, subtract(subtract(maxval, minval), 1.0)), minval), name)


def categorical(logits, num_samples, dtype="int32", seed=None):
    """Class numbers with the probabilities softmax(logits): of logits plus Gumbel's noise the
    largest (Maddison et al. 2014).

    Args:
        logits: (n, classes).
        num_samples: how many for each row.
        dtype: an integral one.
        seed: as in `normal`.

    Returns:
        (n, num_samples).

    Example:
        >>> from pyconv import random
        >>> random.categorical([[0.0, 100.0]], 3, seed=1)
        array([[1, 1, 1]], dtype=int32)
    """
    n, classes = shape_of(logits)
    u = _standard("uniform", (n, num_samples, classes), Draws(seed))
    noise = negative(log(negative(log(u))))
    return cast(argmax(add(expand_dims(floats(logits), 1), noise), -1), dtype)


def binomial(shape, counts, probabilities, dtype=None, seed=None):
    """How many of `counts` trials succeed, each with a probability.

    Args:
        shape, dtype, seed: as in `normal`.
        counts: whole numbers, known when a graph is made, which broadcast.
        probabilities: numbers, tensors or arrays that broadcast.

    Example:
        >>> from pyconv import random
        >>> random.binomial((2,), 5, 1.0, seed=1)
        array([5., 5.], dtype=float32)
    """
    name = _floating("binomial", dtype)
    counts = concrete("random.binomial", counts)
    trials = int(counts.max(initial=0))
    u = _standard("uniform", (*sizes_of(shape), trials), Draws(seed))
    succeeds = less(u, expand_dims(floats(probabilities), -1))
    held = less(np.arange(trials), expand_dims(floats(counts), -1))
    return cast(sum(floats(logical_and(succeeds, held)), -1), name)


def gamma(shape, alpha, dtype=None, seed=None):
    """Gamma-distributed random numbers of scale 1 (Marsaglia & Tsang 2000).

    Args:
        shape, dtype, seed: as in `normal`.
        alpha: the distribution's shape, above 0: a number, or a tensor or array that broadcasts.

    Example:
        >>> from pyconv import random
        >>> bool((random.gamma((100,), 2.0, seed=1) > 0).all())
        True
    """
    name = _floating("gamma", dtype)
    return cast(_gamma(sizes_of(shape), floats(alpha), Draws(seed)), name)


def _gamma(shape: tuple, alpha, draws: Draws):
    """d v, v = (1 + c x)^3 for the first normal x that is accepted. Where alpha is below 1, that of
    alpha + 1 times u^(1 / alpha)."""
    low = less(alpha, 1.0)
    d = subtract(where(low, add(alpha, 1.0), alpha), 1 / 3)
    c = rsqrt(multiply(d, 9.0))
    v = _first_accepted(shape, d, c, draws)
    u = _standard("uniform", shape, draws)
    shrunk = exp(divide(log(subtract(1.0, u)), where(low, alpha, 1.0)))
    return multiply(multiply(d, v), where(low, shrunk, 1.0))


def _first_accepted(shape: tuple, d, c, draws: Draws):
    v, found = 1.0, 0.0
    for _ in range(_ROUNDS):
        x, u = (_standard(kind, shape, draws) for kind in ("normal", "uniform"))
        cube = power(maximum(add(multiply(c, x), 1.0), 1e-7), 3.0)
        bound = add(multiply(square(x), 0.5), multiply(d, add(subtract(1.0, cube), log(cube))))
        fits = logical_and(greater(multiply(c, x), -1.0), less(log(subtract(1.0, u)), bound))
        v = where(found, v, cube)
        found = maximum(floats(fits), found)
    return broadcast_to(v, shape)


def beta(shape, alpha, beta, dtype=None, seed=None):
    """Beta-distributed random numbers: x / (x + y) of gamma-distributed x and y.

    Args:
        shape, dtype, seed: as in `normal`.
        alpha, beta: the distribution's parameters, above 0, which broadcast.

    Example:
        >>> from pyconv import random
        >>> y = random.beta((100,), 2.0, 2.0, seed=1)
        >>> bool((y > 0).all() and (y < 1).all())
        True
    """
    name, draws = _floating("beta", dtype), Draws(seed)
    x = _gamma(sizes_of(shape), floats(alpha), draws)
    y = _gamma(sizes_of(shape), floats(beta), draws)
    return cast(divide(x, add(x, y)), name)
