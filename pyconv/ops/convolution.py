"""Convolution, its transpose and its kernel gradient: the textbook's c, h and g."""

from __future__ import annotations

from collections.abc import Iterable
from operator import index

from pyconv.graph import Attributes, Node, Op, Spec, Tensor, apply
from pyconv.ops.elementwise import add
from pyconv.ops.shape import reshape, shape_of

Pairs = tuple[tuple[int, int], ...]

_ACTIVATIONS = {"linear": 0, "relu": 1}


class Geometry(Attributes):
    """How kernel positions and input positions meet, per spatial axis.

    Attributes:
        strides, dilation: steps between outputs, and between kernel elements, in input elements.
        padding: "valid", "same", "causal" (of 1-D) or zeros (before, after) each axis.
        groups: into how many parts the channels are divided.
    """

    strides: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: str | Pairs
    groups: int = 1

    def pads(self, sizes: tuple, kernel: tuple) -> Pairs:
        """Zeros (before, after) each axis for an input of these sizes."""
        if not isinstance(self.padding, str):
            return self.padding
        axes = zip(sizes, kernel, self.strides, self.dilation, strict=True)
        return tuple(_pads(self.padding, *axis) for axis in axes)

    def output_size(self, sizes: tuple, kernel: tuple) -> tuple:
        """Spatial output sizes: floor((i + pads - (d (k - 1) + 1)) / s) + 1; None stays None."""
        return tuple(
            None if i is None else max((i + sum(p) - (d * (k - 1) + 1)) // s + 1, 0)
            for i, k, s, d, p in zip(
                sizes, kernel, self.strides, self.dilation, self.pads(sizes, kernel), strict=True
            )
        )


def _pads(padding: str, size: int | None, k: int, s: int, d: int) -> tuple[int, int]:
    """Zeros of one axis. "same" is TensorFlow's rule: ceil(i / s) outputs, the smaller half of the
    zeros before."""
    reach = d * (k - 1)
    if padding == "valid" or size is None:
        return (0, 0)
    if padding == "causal":
        return (reach, 0)
    total = max((-(-size // s) - 1) * s + reach + 1 - size, 0)
    return (total // 2, total - total // 2)


class Conv(Op):
    """c(K, V): the convolution (eq. 9.8), plus a bias and an activation that fusion may add.

    Inputs: x (n, spatial..., ic), kernel (spatial..., ic / groups, oc), optionally bias (oc,).
    """

    geometry: Geometry
    activation: str = "linear"

    def infer(self, x: Spec, kernel: Spec, bias: Spec | None = None) -> Spec:
        _check_conv(x.shape, kernel.shape, self.geometry.groups)
        sizes = self.geometry.output_size(x.shape[1:-1], kernel.shape[:-2])
        if 0 in sizes:
            raise ValueError(
                f"conv: expected an input at least as large as the kernel, received sizes "
                f"{x.shape[1:-1]} for the kernel {kernel.shape[:-2]} with dilation "
                f"{self.geometry.dilation}; use padding='same', a smaller kernel or larger inputs"
            )
        return Spec((x.shape[0], *sizes, kernel.shape[-1]))

    def gradient(self, node: Node, g: Tensor):
        x, kernel = node.inputs
        dx = apply(ConvTranspose(self.geometry, x.shape[1:-1]), g, kernel)
        dk = apply(ConvKernelGradient(self.geometry, kernel.shape[:-2]), x, g)
        return dx, dk

    def absorb(self, node: Node, follower: Node):
        return _absorb(self, node, follower)

    def lower(self, lowering, node: Node) -> None:
        x, kernel, *bias = node.inputs
        params = _params(self.geometry, x.shape, kernel.shape, node.output.shape, self.activation)
        lowering.emit(
            "conv_forward",
            {
                "x": x,
                "packed": lowering.packed("conv_forward", kernel, params),
                "bias": bias[0] if bias else None,
                "y": node.output,
            },
            **params,
        )


class ConvTranspose(Op):
    """h(K, G): the transpose of the convolution that takes `input_size` (eq. 9.13).

    Inputs: g (n, spatial..., oc), kernel (spatial..., ic / groups, oc), optionally bias (ic,).
    """

    geometry: Geometry
    input_size: tuple
    activation: str = "linear"

    def infer(self, g: Spec, kernel: Spec, bias: Spec | None = None) -> Spec:
        _check_not_empty("conv_transpose", g.shape, kernel.shape)
        ic = kernel.shape[-2] * self.geometry.groups
        if g.shape[-1] != kernel.shape[-1]:
            raise ValueError(
                f"conv_transpose: expected {kernel.shape[-1]} channels, as the kernel's last axis "
                f"of {kernel.shape}, received an input of shape {g.shape}"
            )
        if None not in self.input_size and None not in g.shape[1:]:
            expected = self.geometry.output_size(self.input_size, kernel.shape[:-2])
            if expected != g.shape[1:-1]:
                raise ValueError(
                    f"conv_transpose: a convolution takes the size {self.input_size} to "
                    f"{expected}, not to the {g.shape[1:-1]} received; give a possible input_size"
                )
        return Spec((g.shape[0], *self.input_size, ic))

    def gradient(self, node: Node, r: Tensor):
        g, kernel = node.inputs
        dg = apply(Conv(self.geometry), r, kernel)
        dk = apply(ConvKernelGradient(self.geometry, kernel.shape[:-2]), r, g)
        return dg, dk

    def absorb(self, node: Node, follower: Node):
        return _absorb(self, node, follower)

    def lower(self, lowering, node: Node) -> None:
        g, kernel, *bias = node.inputs
        params = _params(self.geometry, node.output.shape, kernel.shape, g.shape, self.activation)
        lowering.emit(
            "conv_backward_data",
            {
                "dy": g,
                "packed": lowering.packed("conv_backward_data", kernel, params),
                "bias": bias[0] if bias else None,
                "dx": node.output,
            },
            **params,
        )


class ConvKernelGradient(Op):
    """g(G, V): the gradient of the convolution with respect to its kernel (eq. 9.11).

    Inputs: x (n, spatial..., ic), g (n, spatial..., oc).
    """

    geometry: Geometry
    kernel_size: tuple[int, ...]

    def infer(self, x: Spec, g: Spec) -> Spec:
        return Spec((*self.kernel_size, x.shape[-1] // self.geometry.groups, g.shape[-1]))

    def gradient(self, node: Node, d: Tensor):
        x, g = node.inputs
        dx = apply(ConvTranspose(self.geometry, x.shape[1:-1]), g, d)
        dg = apply(Conv(self.geometry), x, d)
        return dx, dg

    def lower(self, lowering, node: Node) -> None:
        x, g = node.inputs
        lowering.emit(
            "conv_backward_weights",
            {"x": x, "dy": g, "dw": node.output},
            **_params(self.geometry, x.shape, node.output.shape, g.shape),
        )


def _absorb(op: Op, node: Node, follower: Node):
    """Takes over a bias per channel, then a ReLU, that follow directly (see plan.fuse)."""
    channels = node.output.shape[-1]
    name = getattr(follower.op, "function", None)
    if name == "add" and len(node.inputs) == 2 and op.activation == "linear":
        other = follower.inputs[follower.inputs[0] is node.output]
        if other.shape == (channels,):
            return op, (*node.inputs, other)
    if name == "relu" and op.activation == "linear":
        return op.replace(activation="relu"), node.inputs
    return None


def _params(
    geometry: Geometry, x: tuple, kernel: tuple, y: tuple, activation: str = "linear"
) -> dict[str, int]:
    """The op record's numbers: 1-D and 2-D become 3-D with leading axes of size 1."""
    sizes, kernels = x[1:-1], kernel[:-2]
    before = tuple(p[0] for p in geometry.pads(sizes, kernels))
    params = {"batched": int(x[0] is None), "n": 1 if x[0] is None else x[0]}
    fields = {
        "i": (sizes, 1), "o": (y[1:-1], 1), "k": (kernels, 1), "s": (geometry.strides, 1),
        "d": (geometry.dilation, 1), "p": (before, 0),
    }  # fmt: skip
    for letter, (values, fill) in fields.items():
        values = (fill,) * (3 - len(values)) + tuple(values)
        params |= {letter + axis: value for axis, value in zip("dhw", values, strict=True)}
    return params | {
        "ic": x[-1],
        "oc": y[-1],
        "groups": geometry.groups,
        "activation": _ACTIVATIONS[activation],
        "pass": 0,
    }


def _check_conv(x: tuple, kernel: tuple, groups: int) -> None:
    if len(x) != len(kernel) or not 2 <= len(x) <= 5:
        raise ValueError(
            f"conv: expected an input (n, up to 3 spatial axes, channels) and a kernel (as many "
            f"axes, channels, filters), received shapes {x} and {kernel}"
        )
    if x[-1] != kernel[-2] * groups or kernel[-1] % groups:
        raise ValueError(
            f"conv: expected the kernel {kernel} to have {x[-1]} / {groups} input channels and a "
            f"multiple of {groups} filters, received an input of shape {x} in {groups} groups"
        )
    _check_not_empty("conv", x, kernel)


def _check_not_empty(name: str, x: tuple, kernel: tuple) -> None:
    """Kernels take any number of examples, but no other size of 0."""
    if 0 in (*x[1:], *kernel):
        raise ValueError(
            f"{name}: expected sizes of at least 1, received an input of shape {x} and a kernel of "
            f"shape {kernel}; look for an empty slice or pooling before it"
        )


def per_axis(value, rank: int, name: str, least: int = 1) -> tuple[int, ...]:
    """A number for all axes, or one for each, as a tuple."""
    try:
        values = tuple(index(v) for v in (value if isinstance(value, Iterable) else [value] * rank))
    except TypeError:
        values = ()
    if len(values) != rank or min(values, default=least) < least:
        raise ValueError(
            f"{name}: expected an integer of at least {least}, or {rank} of them, received {value}"
        )
    return values


def _padding(padding, rank: int) -> str | Pairs:
    """ "valid", "same", "causal", or pairs from an integer, integers or pairs."""
    if isinstance(padding, str):
        name = padding.lower()
        if name not in ("valid", "same", "causal") or (name == "causal" and rank != 1):
            raise ValueError(
                f"padding: expected 'valid', 'same'{', causal' if rank == 1 else ''}, an integer "
                f"or {rank} pairs (before, after), received {padding!r}"
            )
        return name
    values = (padding,) * rank if isinstance(padding, int) else tuple(padding)
    pairs = tuple((v, v) if isinstance(v, int) else tuple(v) for v in values)
    if len(pairs) != rank or any(len(p) != 2 or min(p) < 0 for p in pairs):
        raise ValueError(
            f"padding: expected {rank} pairs (before, after) of sizes from 0, received {padding}"
        )
    return pairs


def make_geometry(rank: int, strides, padding, dilation_rate, groups: int = 1) -> Geometry:
    return Geometry(
        per_axis(strides, rank, "strides"),
        per_axis(dilation_rate, rank, "dilation_rate"),
        _padding(padding, rank),
        groups,
    )


def conv(x, kernel, strides=1, padding="valid", dilation_rate=1, groups=None, bias=None):
    """Convolution over 1 to 3 spatial axes (Goodfellow et al., eq. 9.8; Prince, eq. 10.3).

    Z[i, j, k] = sum over l, m, n of V[j s + m d, k s + n d, l] K[m, n, l, i]

    Args:
        x: (n, spatial..., channels), float32.
        kernel: (spatial..., channels / groups, filters).
        strides, dilation_rate: integers, or one per axis; both may exceed 1.
        padding: "valid", "same" (TensorFlow's rule), "causal" (1-D), an integer, or pairs
            (before, after) per axis; zeros.
        groups: parts of the channels that are convolved apart; by default what the shapes say.
        bias: (filters,) or None.

    Returns:
        (n, spatial..., filters).

    Raises:
        ValueError: shapes that do not fit.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> x = np.arange(4.0).reshape(1, 4, 1)
        >>> ops.conv(x, np.ones((2, 1, 1))).ravel()
        array([1., 3., 5.], dtype=float32)
    """
    x_shape, k_shape = shape_of(x), shape_of(kernel)
    groups = groups or max(x_shape[-1] // max(k_shape[-2], 1), 1)
    geometry = make_geometry(len(x_shape) - 2, strides, padding, dilation_rate, groups)
    y = apply(Conv(geometry), x, kernel)
    return y if bias is None else add(y, bias)


def depthwise_conv(x, kernel, strides=1, padding="valid", dilation_rate=1, bias=None):
    """Each channel convolved with kernels of its own (Chollet 2017).

    Args:
        x: (n, spatial..., channels).
        kernel: (spatial..., channels, multiplier).
        strides, padding, dilation_rate, bias: as `conv`.

    Returns:
        (n, spatial..., channels * multiplier), channel * multiplier + m holding kernel m.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.depthwise_conv(np.ones((1, 3, 2)), np.ones((3, 2, 1))).shape
        (1, 1, 2)
    """
    *sizes, channels, multiplier = shape_of(kernel)
    kernel = reshape(kernel, (*sizes, 1, channels * multiplier))
    return conv(x, kernel, strides, padding, dilation_rate, channels, bias)


def conv_transpose(
    x, kernel, strides=1, padding="valid", output_padding=None, dilation_rate=1, bias=None
):
    """The transpose of convolution (eq. 9.13), with Keras' output sizes.

    Args:
        x: (n, spatial..., channels).
        kernel: (spatial..., filters, channels).
        strides, dilation_rate: integers, or one per axis.
        padding: "valid" or "same".
        output_padding: elements added to the output size, per axis; None for Keras' default:
            (i - 1) s + max(k, s) with "valid", i s with "same", k being the dilated kernel.
        bias: (filters,) or None.

    Returns:
        (n, spatial..., filters).

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.conv_transpose(np.ones((1, 2, 1)), np.ones((2, 1, 1)), strides=2).shape
        (1, 4, 1)
    """
    shape, kernel_size = shape_of(x), shape_of(kernel)[:-2]
    rank = len(shape) - 2
    geometry = make_geometry(rank, strides, padding, dilation_rate)
    extra = (None,) * rank
    if output_padding is not None:
        extra = per_axis(output_padding, rank, "output_padding", least=0)
    axes = zip(shape[1:-1], kernel_size, geometry.strides, geometry.dilation, extra, strict=True)
    sizes, pads = zip(*(_transpose_axis(geometry.padding, *axis) for axis in axes), strict=True)
    y = apply(ConvTranspose(geometry.replace(padding=pads), sizes), x, kernel)
    return y if bias is None else add(y, bias)


def _transpose_axis(padding: str, i, k: int, s: int, d: int, extra):
    """(output size, zeros (before, after) of the convolution that is transposed) of one axis."""
    if padding not in ("valid", "same"):
        raise ValueError(f"conv_transpose: expected 'valid' or 'same', received {padding!r}")
    reach = d * (k - 1) + 1
    if extra is None:
        longer = max(reach - s, 0) if padding == "valid" else 0
    elif extra < s:
        longer = (reach if padding == "valid" else reach % 2) - s + extra
    else:
        raise ValueError(
            f"conv_transpose: expected output_padding below strides {s}, received {extra}"
        )
    size = None if i is None else i * s + longer
    cropped = max(reach - s - longer, 0) if padding == "same" else 0
    return size, (cropped // 2, cropped - cropped // 2)
