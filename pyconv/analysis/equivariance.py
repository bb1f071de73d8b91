"""Equivariance f(t(x)) = t(f(x)) and invariance f(t(x)) = f(x) of any model, measured.

A model is anything that can be called on an array (n, spatial..., channels): a `Model`, a layer or
a function. A transform is a function of such an array; this module makes the common ones.
"""

import numpy as np


def translation(offset, mode="wrap"):
    """The transform that moves images by whole elements.

    Args:
        offset: elements per spatial axis, towards larger indices; an integer moves along the last.
        mode: "wrap": what leaves comes in again opposite; "constant": zeros come in.

    Returns:
        A function from (n, spatial..., channels) to the same shape.

    Raises:
        ValueError: the mode is unknown, or x has not as many spatial axes as there are offsets.

    Example:
        >>> translation(1)(np.array([[[1.0], [2.0], [3.0]]])).ravel()
        array([3., 1., 2.])
        >>> translation(1, "constant")(np.array([[[1.0], [2.0], [3.0]]])).ravel()
        array([0., 1., 2.])
    """
    if mode not in ("wrap", "constant"):
        raise ValueError(f"expected `mode` to be 'wrap' or 'constant', received {mode!r}")

    def move(x):
        offsets = _offsets(offset, x.ndim - 2)
        moved = np.roll(x, offsets, axis=tuple(range(1, x.ndim - 1)))
        if mode == "constant":
            for axis, by in enumerate(offsets, start=1):
                came_in = slice(0, max(by, 0)) if by >= 0 else slice(by, None)
                moved[(slice(None),) * axis + (came_in,)] = 0
        return moved

    return move


def rotation(degrees):
    """The transform that turns images (n, height, width, channels) counter-clockwise.

    Multiples of 90 are exact. Other angles interpolate linearly between pixels, with zeros from
    outside, and need SciPy.

    Args:
        degrees: the angle.

    Example:
        >>> rotation(90)(np.array([[[[1.0], [2.0]], [[3.0], [4.0]]]]))[0, ..., 0]
        array([[2., 4.],
               [1., 3.]])
    """

    def turn(x):
        if x.ndim != 4:
            raise ValueError(
                f"rotation: expected (n, height, width, channels), received shape {x.shape}"
            )
        if degrees % 90 == 0:
            return np.rot90(x, int(degrees // 90), axes=(1, 2))
        from scipy import ndimage

        return ndimage.rotate(x, degrees, axes=(2, 1), reshape=False, order=1, mode="grid-constant")

    return turn


def reflection(axis=-1):
    """The transform that mirrors images.

    Args:
        axis: the spatial axis that is reversed, counted without examples and channels; the last
            one, left and right, by default.

    Example:
        >>> reflection()(np.array([[[1.0], [2.0], [3.0]]])).ravel()
        array([3., 2., 1.])
    """

    def mirror(x):
        axes = range(1, x.ndim - 1)
        if not -len(axes) <= axis < len(axes):
            raise ValueError(
                f"reflection: expected `axis` to be one of {len(axes)} spatial axes, received "
                f"{axis} for shape {x.shape}"
            )
        return np.flip(x, axes[axis])

    return mirror


def equivariance_error(model, x, transform, output_transform=None):
    """How far the model is from equivariance: ||f(t(x)) - t'(f(x))|| / ||f(x)||.

    0 means that transforming and applying the model commute (Goodfellow et al., section 9.2).

    Args:
        model: a model, layer or function f of arrays.
        x: examples (n, spatial..., channels).
        transform: t, a function of arrays such as `translation(1)`.
        output_transform: t', how the outputs should follow; by default t itself.

    Returns:
        The error as a float, over all examples together.

    Raises:
        ValueError: t(x) gives outputs of another shape than t'(f(x)).

    Example:
        >>> import pyconv
        >>> x = np.random.default_rng(0).normal(size=(2, 6, 6, 1)).astype("float32")
        >>> relu = pyconv.layers.ReLU()
        >>> equivariance_error(relu, x, rotation(90))
        0.0
        >>> flatten = pyconv.layers.Flatten()  # depends on the order of pixels
        >>> equivariance_error(flatten, x, reflection(), lambda y: y) > 1
        True
    """
    x = np.asarray(x, "float32")
    follow = transform if output_transform is None else output_transform
    plain = respond(model, x)
    return _relative_distance(respond(model, transform(x)), follow(plain), plain)


def invariance_error(model, x, transform):
    """How far the model is from invariance: ||f(t(x)) - f(x)|| / ||f(x)||.

    Args, returns and raises: as `equivariance_error`, with outputs that should not change.

    Example:
        >>> import pyconv
        >>> x = np.random.default_rng(0).normal(size=(2, 6, 6, 1)).astype("float32")
        >>> invariance_error(pyconv.layers.GlobalMaxPooling2D(), x, reflection())
        0.0
    """
    return equivariance_error(model, x, transform, lambda y: y)


def shift_response(model, x, shifts):
    """The cosine between a model's responses to shifted and to unshifted images (Zhang 2019).

    A map follows the shift: f(shift(x)) is compared with shift(f(x)), after both were repeated up
    to the size of the input, so that a shift of 1 is a shift of 1 for a map of stride 2 too.
    Outputs without spatial axes are compared as they are. Images are shifted circularly.

    Args:
        model: a model, layer or function f of arrays.
        x: examples (n, spatial..., channels).
        shifts: a sequence of offsets, as in `translation`.

    Returns:
        One mean cosine over the examples for each shift, at most 1, where the model commutes.

    Raises:
        ValueError: the size of a map does not divide the size of the input.

    Example:
        >>> import pyconv
        >>> x = np.random.default_rng(0).normal(size=(4, 8, 8, 1)).astype("float32")
        >>> pool = pyconv.layers.MaxPooling2D(2)
        >>> shift_response(pool, x, [0, 1, 2]).round(1)
        array([1. , 0.9, 1. ])
    """
    x = np.asarray(x, "float32")
    plain = _at_size_of(x, respond(model, x))
    cosines = []
    for offset in shifts:
        move = translation(offset)
        shifted = _at_size_of(x, respond(model, move(x)))
        follows = plain.ndim == x.ndim
        cosines.append(_mean_cosine(shifted, move(plain) if follows else plain))
    return np.array(cosines)


def respond(model, x):
    """The model's outputs for x, an array."""
    predict = getattr(model, "predict_on_batch", model)
    return np.asarray(predict(np.ascontiguousarray(x)))


def _offsets(offset, rank):
    offsets = (0,) * (rank - 1) + (offset,) if np.ndim(offset) == 0 else tuple(offset)
    if len(offsets) != rank:
        raise ValueError(
            f"translation: expected {rank} offsets, one per spatial axis, received {offset!r}"
        )
    return offsets


def _relative_distance(y, expected, plain):
    if y.shape != expected.shape:
        raise ValueError(
            f"expected outputs of one shape, received {y.shape} for transformed inputs and "
            f"{expected.shape} as transformed outputs; pass an `output_transform` that fits"
        )
    scale = np.linalg.norm(plain.ravel().astype("float64"))
    return float(np.linalg.norm((y - expected).ravel().astype("float64")) / (scale or 1.0))


def _at_size_of(x, y):
    """The maps y, each element repeated, in the spatial size of x; other outputs as they are."""
    if y.ndim != x.ndim:
        return y
    for axis in range(1, x.ndim - 1):
        if x.shape[axis] % y.shape[axis]:
            raise ValueError(
                f"shift_response: expected maps whose size divides that of the input, received "
                f"{y.shape[1:-1]} for {x.shape[1:-1]}; use padding='same' or another input size"
            )
        y = np.repeat(y, x.shape[axis] // y.shape[axis], axis)
    return y


def _mean_cosine(a, b):
    a, b = (v.reshape(len(v), -1).astype("float64") for v in (a, b))
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return np.mean(np.sum(a * b, axis=1) / np.where(norms == 0, 1, norms))
