"""Convolution, its transpose and its kernel gradient as ops: the textbook's c, h and g."""

from __future__ import annotations

from math import prod

from pyconv import core
from pyconv.graph import Node, Op, Spec, Tensor, apply, extent
from pyconv.ops.convolution_shapes import check_conv, check_not_empty, check_ranks
from pyconv.ops.elementwise import add, expect_float, multiply, negative, subtract
from pyconv.ops.geometry import MODES, Geometry, make_geometry, per_letter
from pyconv.ops.normalization import ACTIVATIONS
from pyconv.ops.padding import unpad
from pyconv.ops.pool import MaxPool
from pyconv.ops.shaping import reshape, shape_of
from pyconv.ops.shaping import transpose as permute
from pyconv.ops.window import Window


class Convolution(Op):
    """What the convolution and its transpose share: what fusion adds to them.

    y = act(y + bias + residual), and 0 where the activation `mask_of` that made `mask` lets no
    gradient through. `extras` names the inputs behind the first two, in this order.
    """

    geometry: Geometry
    activation: str = "linear"
    extras: tuple[str, ...] = ()
    mask_of: str = "linear"

    def absorb(self, node: Node, follower: Node):
        """Takes over a bias, a residual, an activation, a mask (see plan.fuse)."""
        name, shape = getattr(follower.op, "function", ""), node.output.shape
        if not name:
            return self.absorb_crop(node, follower)
        if "mask" in self.extras:
            return None
        if name in ("relu_gradient", "relu6_gradient") and follower.inputs[1] is node.output:
            op = self.replace(mask_of=name.removesuffix("_gradient"))
            return op.with_extra(node, "mask", follower.inputs[0])
        if self.activation != "linear":
            return None
        if name in ("relu", "relu6"):
            return self.replace(activation=name), node.inputs
        if name == "add":
            other = follower.inputs[follower.inputs[0] is node.output]
            if other.shape == shape[-1:] and not self.extras:
                return self.with_extra(node, "bias", other)
            if other.shape == shape and "residual" not in self.extras:
                return self.with_extra(node, "residual", other)
        return None

    def absorb_crop(self, node: Node, follower: Node):
        """Takes over a crop, if it can."""
        return None

    def with_extra(self, node: Node, name: str, tensor: Tensor):
        return self.replace(extras=(*self.extras, name)), (*node.inputs, tensor)

    def scaled(self, node: Node, mean: Tensor, factor: Tensor, shift: Tensor):
        """The op and inputs that compute (y - mean) factor + shift, by channel."""
        if self.extras not in ((), ("bias",)) or self.activation != "linear":
            return None
        x, kernel, *bias = node.inputs
        centre = subtract(bias[0], mean) if bias else negative(mean)
        inputs = (x, self.scaled_kernel(kernel, factor), add(multiply(centre, factor), shift))
        return self.replace(extras=("bias",)), inputs

    def emit(self, lowering, node: Node, name: str, source: str, outputs: dict, params: dict):
        x, kernel, *extras = node.inputs
        params = {**params, "lasts": int(lowering.lasts(kernel))}
        buffers = {source: x, "packed": lowering.packed(name, kernel, params), **outputs}
        buffers |= dict(zip(self.extras, extras, strict=True))
        lowering.emit(name, buffers, **params)


class Conv(Convolution):
    """c(K, V): the convolution (eq. 9.8).

    Inputs: x (n, spatial..., ic), kernel ([n,] [tiling...,] spatial..., ic / groups, oc), extras.
    Fusion adds a max pooling at the end, whose results it gives.
    """

    pool: MaxPool | None = None

    def infer(self, x: Spec, kernel: Spec, *extras: Spec) -> Spec | tuple[Spec, ...]:
        y = self._map(x, kernel)
        return y if self.pool is None else self.pool.infer(y)

    def _map(self, x: Spec, kernel: Spec) -> Spec:
        expect_float("conv", x, kernel)
        check_conv("conv", x.shape, kernel.shape, self.geometry)
        size = self.geometry.kernel_size(kernel.shape)
        self.geometry.check_modes(x.shape[1:-1], size)
        sizes = self.geometry.output_size(x.shape[1:-1], size)
        if 0 in sizes:
            raise ValueError(
                f"conv: expected an input at least as large as the kernel, received sizes "
                f"{x.shape[1:-1]} for the kernel {size} with dilation {self.geometry.dilation}; "
                f"use padding='same', a smaller kernel or larger inputs"
            )
        return Spec((x.shape[0], *sizes, kernel.shape[-1]))

    def absorb(self, node: Node, follower: Node):
        """Takes over a max pooling, too, where the convolution's algorithm can."""
        if self.pool is not None:
            return None
        if not isinstance(follower.op, MaxPool) or "y" not in follower.op.results:
            return super().absorb(node, follower)
        op, plain = self.replace(pool=follower.op), self.extras in ((), ("bias",))
        tiled = _tile_planes(follower.op.window, node.output.shape[1:-1])
        fits = plain and tiled and core.fits("conv_forward", op.params(node.inputs))
        return (op, node.inputs) if fits else None

    def params(self, inputs: tuple[Tensor, ...]) -> dict[str, int]:
        """The op record's numbers."""
        x, kernel = (t.spec for t in inputs[:2])
        y = self._map(x, kernel).shape
        params = _params(self.geometry, x.shape, kernel.shape, y, self)
        if self.pool is None:
            return params
        window = self.pool.window
        sizes = per_letter("q", window.size, 1) | per_letter("y", window.output_size(y[1:-1]), 1)
        sizes = {name: sizes[name] for name in ("qh", "qw", "yh", "yw")}
        return params | sizes | {"code_mask": ACTIVATIONS[self.pool.mask_of]}

    def gradient(self, node: Node, g: Tensor):
        x, kernel = node.inputs
        dx = transpose(self.geometry, x.shape[1:-1], g, kernel)
        size = self.geometry.kernel_size(kernel.shape)
        return dx, apply(ConvKernelGradient(self.geometry, size), x, g)

    def unpadded(self, node: Node):
        """The same of an input whose zeros around it are padding (see plan.fuse)."""
        kernel = node.inputs[1].shape
        return _unpadded(self, node, self.geometry.kernel_size(kernel))

    def multiply_adds(self, node: Node) -> int:
        return node.output.spec.size_per_example * self.geometry.products(node.inputs[1].shape)

    def scaled(self, node: Node, mean: Tensor, factor: Tensor, shift: Tensor):
        """As what the map was, not what it is pooled to."""
        return super().scaled(node, mean, factor, shift) if self.pool is None else None

    def scaled_kernel(self, kernel: Tensor, factor: Tensor) -> Tensor:
        return multiply(kernel, factor)

    def lower(self, lowering, node: Node) -> None:
        results = ("y",) if self.pool is None else self.pool.results
        outputs = dict(zip(results, node.outputs, strict=True))
        self.emit(lowering, node, "conv_forward", "x", outputs, self.params(node.inputs))


class ConvTranspose(Convolution):
    """h(K, G): the transpose of the convolution that takes `input_size` (eq. 9.13), whose padding
    is zeros; see `transpose` for others.

    Inputs: g (n, spatial..., oc), kernel as in `Conv`, extras.
    """

    input_size: tuple = ()

    def infer(self, g: Spec, kernel: Spec, *extras: Spec) -> Spec:
        expect_float("conv_transpose", g, kernel)
        geometry = self.geometry
        check_ranks("conv_transpose", g.shape, kernel.shape, geometry)
        check_not_empty("conv_transpose", g.shape, kernel.shape[geometry.each :])
        if g.shape[-1] != kernel.shape[-1] or kernel.shape[-1] % geometry.groups:
            raise ValueError(
                f"conv_transpose: expected {kernel.shape[-1]} channels, as the kernel's last axis "
                f"of {kernel.shape}, in {geometry.groups} groups, received an input of shape "
                f"{g.shape}"
            )
        if None not in self.input_size and None not in g.shape[1:]:
            self._check_size(g.shape[1:-1], geometry.kernel_size(kernel.shape))
        return Spec((g.shape[0], *self.input_size, kernel.shape[-2] * geometry.groups))

    def _check_size(self, outputs: tuple, kernel: tuple) -> None:
        expected = self.geometry.output_size(self.input_size, kernel)
        if expected != outputs:
            possible = map(_listed, self.geometry.input_sizes(outputs, kernel))
            raise ValueError(
                f"conv_transpose: expected an input_size that the convolution takes to {outputs}, "
                f"received {self.input_size}, which it takes to {expected}; possible are "
                f"{' x '.join(possible)}"
            )

    def gradient(self, node: Node, r: Tensor):
        g, kernel = node.inputs
        size = self.geometry.kernel_size(kernel.shape)
        dk = apply(ConvKernelGradient(self.geometry, size), r, g)
        return apply(Conv(self.geometry), r, kernel), dk

    def absorb_crop(self, node: Node, follower: Node):
        """What is cropped away was padding."""
        cropped = getattr(follower.op, "cropped", None)
        size = self.geometry.kernel_size(node.inputs[1].shape)
        pairs = cropped(node.output.shape) if cropped and not self.extras else None
        geometry = self.geometry.with_zeros(self.input_size, size, pairs)
        if geometry is None or self.activation != "linear":
            return None
        return self.replace(geometry=geometry, input_size=follower.output.shape[1:-1]), node.inputs

    def multiply_adds(self, node: Node) -> int:
        return node.inputs[0].spec.size_per_example * self.geometry.products(node.inputs[1].shape)

    def scaled_kernel(self, kernel: Tensor, factor: Tensor) -> Tensor:
        """Channel c of the output is channel c % (ic / groups) of a group: the kernel's last axis
        but one, of filters of that group."""
        groups, (channels, filters) = self.geometry.groups, kernel.shape[-2:]
        by_group = permute(reshape(factor, (groups, channels)), (1, 0))
        split = reshape(kernel, (*kernel.shape[:-1], groups, filters // groups))
        return reshape(multiply(split, reshape(by_group, (channels, groups, 1))), kernel.shape)

    def lower(self, lowering, node: Node) -> None:
        g, kernel = node.inputs[:2]
        params = _params(self.geometry, node.output.shape, kernel.shape, g.shape, self)
        self.emit(lowering, node, "conv_backward_data", "dy", {"dx": node.output}, params)


class ConvKernelGradient(Op):
    """g(G, V): the gradient of the convolution with respect to its kernel (eq. 9.11).

    Inputs: x (n, spatial..., ic), g (n, spatial..., oc).
    """

    geometry: Geometry
    kernel_size: tuple[int, ...]

    def infer(self, x: Spec, g: Spec) -> Spec:
        expect_float("conv_kernel_gradient", x, g)
        geometry = self.geometry
        kernel = (
            *geometry.kernel_axes(x.shape[0]),
            *self.kernel_size,
            x.shape[-1] // geometry.groups,
            g.shape[-1],
        )
        check_conv("conv_kernel_gradient", x.shape, kernel, geometry)
        geometry.check_modes(x.shape[1:-1], self.kernel_size)
        expected = geometry.output_size(x.shape[1:-1], self.kernel_size)
        if expected != g.shape[1:-1] or len(g.shape) != len(x.shape) or g.shape[0] != x.shape[0]:
            raise ValueError(
                f"conv_kernel_gradient: expected g of shape {(x.shape[0], *expected, 'filters')} "
                f"for an input of shape {x.shape} and a kernel of {self.kernel_size}, received "
                f"{g.shape}; check kernel_size, strides and padding"
            )
        return Spec(kernel)

    def gradient(self, node: Node, d: Tensor):
        x, g = node.inputs
        dx = transpose(self.geometry, x.shape[1:-1], g, d)
        return dx, apply(Conv(self.geometry), x, d)

    def unpadded(self, node: Node):
        """The same of an input whose zeros around it are padding (see plan.fuse)."""
        return _unpadded(self, node, self.kernel_size)

    def lower(self, lowering, node: Node) -> None:
        x, g = node.inputs
        lowering.emit(
            "conv_backward_weights",
            {"x": x, "dy": g, "dw": node.output},
            **_params(self.geometry, x.shape, node.output.shape, g.shape),
        )


def _tile_planes(window: Window, sizes: tuple) -> bool:
    """Whether windows of several pixels lie edge to edge, each in one plane of the map."""
    flat = len(sizes) < 3 or window.size[0] == 1
    return flat and prod(window.size) > 1 and window.edge_to_edge(sizes)


def _unpadded(op: Conv | ConvKernelGradient, node: Node, kernel_size: tuple):
    """(op, inputs) that read what the input was padded from, or None."""
    padded, *others = node.inputs
    zeros = getattr(padded.node and padded.node.op, "zeros", None)
    if zeros is None:
        return None
    x = padded.node.inputs[0]
    geometry = op.geometry.with_zeros(padded.shape[1:-1], kernel_size, zeros(x.shape))
    return None if geometry is None else (op.replace(geometry=geometry), (x, *others))


def _listed(sizes: range) -> str:
    """The sizes, or the first and the last of many."""
    return str([*sizes]) if len(sizes) < 10 else f"{sizes[0]} to {sizes[-1]}"


def transpose(geometry: Geometry, input_size: tuple, g, kernel):
    """The transpose of a convolution whose padding may be any: that into the padded input, whose
    padding then flows back into the elements that it was made of."""
    if not geometry.modes or None in input_size:
        return apply(ConvTranspose(geometry.replace(modes=()), input_size=input_size), g, kernel)
    kernel_size = geometry.kernel_size(shape_of(kernel))
    geometry.check_modes(input_size, kernel_size)
    pads = geometry.pads(input_size, kernel_size)
    around = tuple(
        (0, 0) if mode == "zeros" else pair for mode, pair in zip(geometry.modes, pads, strict=True)
    )
    left = tuple(
        (before - b, after - a) for (before, after), (b, a) in zip(pads, around, strict=True)
    )
    padded = tuple(size + sum(pair) for size, pair in zip(input_size, around, strict=True))
    v = apply(ConvTranspose(geometry.replace(modes=(), padding=left), input_size=padded), g, kernel)
    return unpad(v, ((0, 0), *around, (0, 0)), ("zeros", *geometry.modes, "zeros"))


def _params(
    geometry: Geometry, x: tuple, kernel: tuple, y: tuple, op: Convolution | None = None
) -> dict[str, int]:
    """The op record's numbers."""
    sizes, kernels = x[1:-1], geometry.kernel_size(kernel)
    before = tuple(p[0] for p in geometry.pads(sizes, kernels))
    modes = tuple(MODES.index(mode) for mode in geometry.modes)
    params = extent(x)
    fields = {
        "i": (sizes, 1), "o": (y[1:-1], 1), "k": (kernels, 1), "s": (geometry.strides, 1),
        "d": (geometry.dilation, 1), "p": (before, 0), "t": (geometry.tiling, 1), "m": (modes, 0),
    }  # fmt: skip
    for letter, (values, fill) in fields.items():
        params |= per_letter(letter, values, fill)
    return params | {
        "ic": x[-1],
        "oc": y[-1],
        "groups": geometry.groups,
        "activation": ACTIVATIONS[op.activation] if op else 0,
        "mask": ACTIVATIONS[op.mask_of] if op else 0,
        "pass": 0,
        "each": int(geometry.each),
        "lasts": 0,
        **dict.fromkeys(("qh", "qw", "yh", "yw"), 1),
        "code_mask": 0,
    }


def op_params(x: tuple, kernel: tuple, strides, padding, dilation_rate) -> dict[str, int]:
    """The op record's numbers of a plain convolution of these shapes."""
    check_ranks("conv", x, kernel)
    groups = max(x[-1] // max(kernel[-2], 1), 1)
    geometry = make_geometry(len(x) - 2, strides, padding, dilation_rate, groups)
    y = Conv(geometry).infer(Spec(tuple(x)), Spec(tuple(kernel))).shape
    return _params(geometry, tuple(x), tuple(kernel), y)
