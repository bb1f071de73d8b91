"""Random changes of images in training: flips, brightness, contrast, colours."""

from __future__ import annotations

from numbers import Real

import numpy as np

from pyconv import ops
from pyconv.layers.images.image_layer import images_of
from pyconv.layers.images.random_image_layer import RandomImageLayer
from pyconv.utils.arguments import choice, number, numbers
from pyconv.utils.bounding_boxes.formats import numbers_of


class RandomFlip(RandomImageLayer):
    """In training, each image is flipped with probability 1/2.

    Args:
        mode: "horizontal" (left and right), "vertical", or "horizontal_and_vertical": both at once.
        seed: integer in [0, 2**32); None draws one from the global generator.
        data_format: "channels_last" (n, height, width, channels), or "channels_first".

    Raises:
        ValueError: the mode is unknown.

    Example:
        >>> import numpy as np
        >>> x = np.arange(200.0).reshape(100, 1, 2, 1)
        >>> y = RandomFlip("horizontal", seed=1)(x, training=True)
        >>> sorted(set((y[:, 0, 1] - y[:, 0, 0]).ravel().tolist()))
        [-1.0, 1.0]
    """

    moves = True

    def __init__(self, mode="horizontal_and_vertical", seed=None, data_format=None, **kwargs):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        axes = {"horizontal": (2,), "vertical": (1,), "horizontal_and_vertical": (1, 2)}
        self.mode = choice(mode, "mode", tuple(axes))
        self.axes = axes[self.mode]

    def draw(self, rng):
        return {"flips": ops.less_equal(rng.uniform((1, 1, 1)), 0.5)}

    def transform(self, x, drawn):
        return ops.where(drawn["flips"], ops.flip(x, self.axes), x)

    def transform_masks(self, x, drawn):
        return self.transform(x, drawn)

    def transform_boxes(self, boxes, drawn):
        height, width = self.sizes_of(drawn["input_shape"])
        left, top, right, bottom = numbers_of(boxes)
        if 2 in self.axes:
            left, right = width - right, width - left
        if 1 in self.axes:
            top, bottom = height - bottom, height - top
        flipped = ops.concatenate([left, top, right, bottom], axis=-1)
        return ops.where(ops.squeeze(drawn["flips"], -1), flipped, boxes)


class RandomBrightness(RandomImageLayer):
    """In training, adds to each image a random part of the value range, and clips to it.

    Args:
        factor: the part is uniform within these bounds, in [-1, 1]; a number means (-factor,
            factor).
        value_range: (low, high) of the images.
        seed: integer in [0, 2**32); None draws one from the global generator.
        data_format: "channels_last" (n, height, width, channels), or "channels_first".

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> import numpy as np
        >>> RandomBrightness((0.1, 0.1))(np.zeros((1, 1, 1, 2)), training=True).ravel()
        array([25.5, 25.5], dtype=float32)
    """

    casts = False

    def __init__(self, factor, value_range=(0, 255), seed=None, data_format=None, **kwargs):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = bounds(factor, "factor", -1.0, 1.0)
        self.value_range = sorted(range_of(value_range))

    def draw(self, rng):
        low, high = self.value_range
        return {"rgb_delta": rng.uniform((1, 1, 1), self.factor) * (high - low)}

    def transform(self, x, drawn):
        return ops.clip(x + drawn["rgb_delta"], *self.value_range)


class RandomContrast(RandomImageLayer):
    """In training, y = (x - m) c + m with m the mean of each channel of each image and a random c,
    clipped to the value range.

    Args:
        factor: (lower, upper), each in [0, 1]: c is uniform in [1 - lower, 1 + upper]; a number
            means (0, factor), as in Keras.
        value_range: (low, high) of the images.
        seed: integer in [0, 2**32); None draws one from the global generator.
        data_format: "channels_last" (n, height, width, channels), or "channels_first".

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> import numpy as np
        >>> x = np.array([10.0, 20.0]).reshape(1, 2, 1, 1)
        >>> y = RandomContrast(1.0, seed=1)(x, training=True)
        >>> bool(y.max() > 20), round(float(y.mean()), 3)
        (True, 15.0)
    """

    casts = False

    def __init__(self, factor, value_range=(0, 255), seed=None, data_format=None, **kwargs):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = bounds(factor, "factor", 0.0, 1.0)
        self.value_range = range_of(value_range)

    def draw(self, rng):
        lower, upper = self.factor
        return {"contrast_factor": rng.uniform((1, 1, 1), (1 - lower, 1 + upper))}

    def transform(self, x, drawn):
        mean = ops.mean(x, (1, 2), keepdims=True)
        return ops.clip((x - mean) * drawn["contrast_factor"] + mean, *self.value_range)


class PCAColorShift(RandomImageLayer):
    """In training, adds sum_i a_i lambda_i p_i to all pixels of an image: p_i and lambda_i are
    eigenvectors and eigenvalues of the covariance of the pixels' channels, a_i ~ N(0, stddev^2)
    is drawn for each image (Krizhevsky et al. 2012, section 4.1).

    Args:
        stddev: standard deviation of the a_i.
        eigenvalues: lambda, one for each channel; None: `adapt` finds both.
        eigenvectors: (channels, channels), p_i in column i.
        data_format: "channels_last" (n, height, width, channels), or "channels_first".
        seed: integer in [0, 2**32); None draws one from the global generator.

    Raises:
        ValueError: the eigenvalues and eigenvectors do not fit one another or the channels, or a
            training call comes before they are known.

    Example:
        >>> import numpy as np
        >>> layer = PCAColorShift(seed=1)
        >>> layer.adapt(np.array([[[[0.0, 0.0], [2.0, 0.0]]]]))
        >>> layer.directions.numpy()[1]
        array([1., 0.], dtype=float32)
        >>> y = layer(np.zeros((2, 4, 4, 2)), training=True)
        >>> bool((y[0] == y[0, 0, 0]).all()), bool((y[0] == y[1]).all())
        (True, False)
    """

    def __init__(
        self,
        stddev=0.1,
        eigenvalues=None,
        eigenvectors=None,
        data_format=None,
        seed=None,
        **kwargs,
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.stddev = number(stddev, "stddev", least=0)
        self.given = _directions(eigenvalues, eigenvectors)

    def build(self, input_shape):
        channels = self.channels(images_of(input_shape))
        if self.given is not None and len(self.given) != channels:
            raise ValueError(
                f"layer {self.name}: expected `eigenvalues` for {channels} channels, received "
                f"{len(self.given)}"
            )
        self.directions = self.add_weight(
            (channels, channels), "zeros", trainable=False, name="directions"
        )  # row i: lambda_i p_i
        if self.given is not None:
            self.directions.assign(self.given)

    def adapt(self, data) -> None:
        """Finds the eigenvalues and eigenvectors of images (n, height, width, channels), in the
        layer's data format."""
        data = np.asarray(data)
        if not self.built:
            self.build(data.shape)
        channels = self.channels(data.shape)
        total, products, count = np.zeros(channels), np.zeros((channels, channels)), 0
        for image in data:
            pixels = np.moveaxis(image, self.channel_axis if self.channel_axis < 0 else 0, -1)
            pixels = pixels.reshape(-1, channels).astype("float64")
            total += pixels.sum(0)
            products += pixels.T @ pixels
            count += len(pixels)
        mean = total / count
        values, vectors = np.linalg.eigh(products / count - np.outer(mean, mean))
        self.directions.assign(values[:, None] * vectors.T)

    def draw(self, rng):
        if not self.directions.numpy().any():
            raise ValueError(
                f"layer {self.name}: expected eigenvalues before it is trained with, received "
                "none; call adapt(images), or give `eigenvalues` and `eigenvectors`"
            )
        return {"amounts": rng.normal((1, 1, rng.channels), self.stddev)}

    def transform(self, x, drawn):
        return x + ops.matmul(drawn["amounts"], self.directions)


def bounds(value, name: str, least: float, most: float) -> tuple[float, float]:
    """(lower, upper) of a factor; a number f means (-f, f) as far as that is allowed."""
    pair = (value,) if isinstance(value, Real) else value
    valid = isinstance(pair, (tuple, list)) and len(pair) in (1, 2)
    if not valid or any(not isinstance(v, Real) or not least <= v <= most for v in pair):
        raise ValueError(
            f"expected `{name}` to be a number or a pair in [{least:g}, {most:g}], received "
            f"{value!r}"
        )
    if len(pair) == 2:
        return min(pair), max(pair)
    return max(-abs(value), least), abs(value)


def range_of(value_range) -> tuple[float, float] | list[float]:
    """The range of the images' values as it was given, for configs; raises for what is none."""
    if not isinstance(value_range, (tuple, list)) or len(value_range) != 2:
        raise ValueError(f"expected `value_range` to be two numbers, received {value_range!r}")
    for end in value_range:
        number(end, "value_range")
    return value_range


def _directions(eigenvalues, eigenvectors) -> np.ndarray | None:
    """lambda_i p_i in row i."""
    if eigenvalues is None and eigenvectors is None:
        return None
    values = numbers(eigenvalues, "eigenvalues")
    vectors = numbers(eigenvectors, "eigenvectors")
    if values.ndim != 1 or vectors.shape != (len(values), len(values)):
        raise ValueError(
            "expected `eigenvalues` (channels,) and `eigenvectors` (channels, channels), received "
            f"shapes {values.shape} and {vectors.shape}"
        )
    return values[:, None] * vectors.T
