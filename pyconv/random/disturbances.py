"""Elements dropped, and slices in random order."""

from __future__ import annotations

from pyconv.graph import apply
from pyconv.ops.dtypes import floats
from pyconv.ops.elementwise import greater_equal, multiply
from pyconv.ops.index import take
from pyconv.ops.random import Dropout
from pyconv.ops.shaping import axis_of, shape_of
from pyconv.ops.sorting import argsort
from pyconv.random.distributions import uniform
from pyconv.random.seed_generator import Draws


def dropout(inputs, rate, noise_shape=None, seed=None):
    """Each element 0 with probability `rate`, else divided by 1 - rate (Srivastava et al. 2014).

    Args:
        inputs: tensor or array.
        rate: from 0 to below 1.
        noise_shape: None, or a shape that broadcasts to that of the inputs: along axes of size 1
            all elements are dropped together; None stands for the inputs' own size.
        seed: as in `normal`.

    Raises:
        ValueError: the rate is out of range.

    Example:
        >>> import numpy as np
        >>> from pyconv import random
        >>> sorted(set(random.dropout(np.ones(100), 0.5, seed=1).tolist()))
        [0.0, 2.0]
    """
    if not 0 <= rate < 1:
        raise ValueError(f"random.dropout: expected `rate` from 0 to below 1, received {rate!r}")
    x = floats(inputs)
    if noise_shape is None:
        return apply(Dropout(float(rate)), x, Draws(seed).next())
    own = shape_of(x)
    shape = tuple(s if n is None else n for n, s in zip(noise_shape, own, strict=True))
    kept = floats(greater_equal(uniform(shape, seed=seed), float(rate)))
    return multiply(x, multiply(kept, 1 / (1 - rate)))


def shuffle(x, axis=0, seed=None):
    """The slices along an axis in random order.

    Args:
        x: tensor or array.
        axis: one whose size is known.
        seed: as in `normal`.

    Example:
        >>> from pyconv import random
        >>> sorted(random.shuffle([1.0, 2.0, 3.0], seed=1).tolist())
        [1.0, 2.0, 3.0]
    """
    shape = shape_of(x)
    axis = axis_of("random.shuffle", shape, axis)
    if shape[axis] is None:
        raise ValueError(
            f"random.shuffle: expected an axis whose size is known, received axis {axis} of {shape}"
        )
    order = argsort(uniform((shape[axis],), seed=seed))
    return take(x, order, axis)
