"""Kernels designed by hand: banks of Gabor functions and of edge detectors."""

import math
from itertools import product
from numbers import Integral, Real

import numpy as np

from pyconv.initializers.initializer import Initializer


class _FilterBank(Initializer):
    """Base of banks: one filter for each scale, orientation and phase, in this order, the last the
    fastest. A subclass defines `filter`."""

    def __init__(self, orientations, scales, phases, turn):
        self.orientations = _angles(orientations, turn)
        self.scales = _numbers(scales, "scales")
        self.phases = _numbers(phases, "phases", above=-math.inf)

    def __call__(self, shape, dtype="float32"):
        self._check(shape)
        height, width, ic, _ = shape
        y = np.arange(height)[:, None] - (height - 1) / 2
        x = np.arange(width) - (width - 1) / 2
        bank = [
            self.filter(
                x * math.cos(angle) + y * math.sin(angle),
                y * math.cos(angle) - x * math.sin(angle),
                scale,
                phase,
            )
            for scale, angle, phase in product(self.scales, self.orientations, self.phases)
        ]
        kernel = np.stack(bank, -1)[:, :, None]
        return np.repeat(self.normalized(kernel, ic), ic, axis=2).astype(dtype)

    def filter(self, along, across, scale, phase):
        """The filter, (height, width), at coordinates turned by its orientation, in pixels from
        the centre."""
        raise NotImplementedError(f"{type(self).__name__} must define filter")

    def normalized(self, kernel, ic):
        """The filters (height, width, 1, oc) as each of `ic` channels gets them."""
        raise NotImplementedError(f"{type(self).__name__} must define normalized")

    def _check(self, shape) -> None:
        name = type(self).__name__
        if len(shape) != 4:
            raise ValueError(
                f"expected a kernel shape (height, width, ic, oc) for {name}, received "
                f"{tuple(shape)}"
            )
        counts = len(self.scales), len(self.orientations), len(self.phases)
        if shape[-1] != math.prod(counts):
            raise ValueError(
                f"expected {math.prod(counts)} filters for {name}, one for each of {counts[0]} "
                f"scales, {counts[1]} orientations and {counts[2]} phases, received {shape[-1]}; "
                "change the layer's filters or the bank"
            )


class Gabor(_FilterBank):
    """A bank of Gabor functions, as simple cells of the visual cortex have them: w(x, y) =
    alpha exp(-bx x'^2 - by y'^2) cos(f x' + phi), x' = x cos tau + y sin tau, y' = -x sin tau +
    y cos tau (Goodfellow et al., eqs. 9.16-9.18), with x and y in pixels to the right and down from
    the kernel's centre, bx = 1 / (2 scale^2), by = aspect^2 bx and f = frequency / scale. Kernels
    are (height, width, ic, oc); all input channels have the same weights.

    Args:
        orientations: the angles tau in radians, or their number: then k pi / number.
        scales: standard deviations of the Gaussian along x', in pixels.
        phases: the phases phi in radians.
        frequency: f in radians per standard deviation; 3.5 gives a bandwidth of one octave.
        aspect: how much shorter the Gaussian is along y'.
        alpha: the magnitude; None gives each filter, over all channels, the Euclidean length 1.

    Raises:
        ValueError: an argument is out of range, or the kernel's shape does not fit the bank.

    Example:
        >>> kernel = Gabor(orientations=4, phases=[0.0])((7, 7, 1, 4), "float64")
        >>> bool(np.allclose(kernel[..., 0], kernel[..., 2].transpose(1, 0, 2)))
        True
    """

    def __init__(
        self,
        orientations=4,
        scales=(2.0,),
        phases=(0.0, math.pi / 2),
        frequency=3.5,
        aspect=1.0,
        alpha=None,
    ):
        super().__init__(orientations, scales, phases, math.pi)
        self.frequency = _number(frequency, "frequency", least=0.0)
        self.aspect = _number(aspect, "aspect", least=0.0)
        self.alpha = None if alpha is None else _number(alpha, "alpha", least=-math.inf)

    def filter(self, along, across, scale, phase):
        distance = (along**2 + (self.aspect * across) ** 2) / (2 * scale**2)
        return np.exp(-distance) * np.cos(self.frequency / scale * along + phase)

    def normalized(self, kernel, ic):
        if self.alpha is not None:
            return self.alpha * kernel
        length = np.sqrt(ic * np.square(kernel).sum((0, 1), keepdims=True))
        return kernel / np.where(length == 0, 1, length)

    def get_config(self):
        names = ("orientations", "scales", "phases", "frequency", "aspect", "alpha")
        return {name: getattr(self, name) for name in names}


class Edge(_FilterBank):
    """A bank of edge detectors, the slopes of a Gaussian: w(x, y) = a x' exp(-(x^2 + y^2) /
    (2 scale^2)), x' = x cos tau + y sin tau, with x and y in pixels to the right and down from the
    kernel's centre. The factor a makes the positive weights of all channels add up to 1, so that a
    step of height 1 in the direction tau gives 1, and an even image 0. Kernels are (height, width,
    ic, oc); all input channels have the same weights.

    Args:
        orientations: the angles tau in radians, or their number: then 2 k pi / number.
        scales: standard deviations of the Gaussian, in pixels.

    Raises:
        ValueError: an argument is out of range, or the kernel's shape does not fit the bank.

    Example:
        >>> Edge([0.0])((1, 3, 1, 1)).ravel()
        array([-1.,  0.,  1.], dtype=float32)
    """

    def __init__(self, orientations=8, scales=(1.0,)):
        super().__init__(orientations, scales, (0.0,), 2 * math.pi)

    def filter(self, along, across, scale, phase):
        return along * np.exp(-(along**2 + across**2) / (2 * scale**2))

    def normalized(self, kernel, ic):
        total = ic * np.maximum(kernel, 0).sum((0, 1), keepdims=True)
        return kernel / np.where(total == 0, 1, total)

    def get_config(self):
        return {"orientations": self.orientations, "scales": self.scales}


def _angles(orientations, turn: float) -> list[float]:
    """The angles in radians; a number divides a turn."""
    if isinstance(orientations, Integral) and not isinstance(orientations, bool):
        if orientations < 1:
            raise ValueError(f"expected `orientations` from 1, received {orientations}")
        return [turn * k / orientations for k in range(orientations)]
    return _numbers(orientations, "orientations", above=-math.inf)


def _numbers(values, name: str, above: float = 0.0) -> list[float]:
    values = [values] if isinstance(values, Real) else list(values)
    if not values or not all(isinstance(v, Real) and v > above for v in values):
        limit = "" if above == -math.inf else f" above {above:g}"
        raise ValueError(f"expected `{name}` to be numbers{limit}, received {values}")
    return [float(v) for v in values]


def _number(value, name: str, least: float) -> float:
    if not isinstance(value, Real) or not value >= least:
        raise ValueError(f"expected `{name}` to be a number from {least:g}, received {value!r}")
    return float(value)
