"""Images read at computed points between their pixels: the ground of warps and crops."""

from __future__ import annotations

from math import isfinite, prod

from pyconv.graph import Attributes, Node, Op, Spec, Tensor, apply, extent
from pyconv.ops.elementwise import add, cast, expect_float, subtract
from pyconv.ops.geometry import per_letter
from pyconv.ops.shaping import broadcast_to, reshape, shape_of

#: What lies outside an image; the order is that of src/ops/sample.c.
FILL_MODES = ("constant", "nearest", "reflect", "mirror", "wrap")
INTERPOLATIONS = ("bilinear", "nearest")


class Sampling(Attributes):
    """How images are read: S(points), the matrix of weights from pixels to points.

    Attributes:
        interpolation, fill_mode: of `INTERPOLATIONS` and `FILL_MODES`.
        indexed: whether an input says which image each owner of points reads.
        directed: whether an input gives a direction for each point, in which S is differentiated.
    """

    interpolation: str
    fill_mode: str
    indexed: bool = False
    directed: bool = False

    def buffers(self, points: Tensor, others: tuple) -> dict:
        """The op record's first buffers; others: (index if indexed, direction if directed)."""
        index = others[0] if self.indexed else None
        direction = others[-1] if self.directed else None
        return {"points": points, "direction": direction, "index": index}

    def params(self, x: tuple, points: tuple) -> dict[str, int]:
        """The op record's numbers."""
        sizes = x[1:-1]
        return {
            **extent(points[:1]),
            "images": extent(x[:1])["n"],
            "rank": len(sizes),
            **per_letter("", sizes, 1),
            "c": x[-1],
            "points": points[1],
            "nearest": int(self.interpolation == "nearest"),
            "fill_mode": FILL_MODES.index(self.fill_mode),
        }


class Sample(Op):
    """y = S(points) x. Inputs: x (m, spatial..., c), points (n, p, rank), index (n,) if indexed,
    direction (n, p, rank) if directed; y is (n, p, c)."""

    sampling: Sampling

    def infer(self, x: Spec, points: Spec, *others: Spec) -> Spec:
        expect_float("grid_sample", x, points)
        return Spec((*points.shape[:2], x.shape[-1]))

    def gradient(self, node: Node, g: Tensor):
        x, points, *others = node.inputs
        dx = apply(SampleGradient(self.sampling, x.shape), g, points, *others)
        return dx, *_slopes(self.sampling, x, points, g, others)

    def lower(self, lowering, node: Node) -> None:
        x, points, *others = node.inputs
        if 0 not in node.output.shape:
            buffers = {**self.sampling.buffers(points, others), "x": x, "y": node.output}
            lowering.emit("sample", buffers, **self.sampling.params(x.shape, points.shape))


class SampleGradient(Op):
    """dx = S(points)^T dy. Inputs: dy (n, p, c), points, and the others as of `Sample`."""

    sampling: Sampling
    shape: tuple  # of x

    def infer(self, dy: Spec, points: Spec, *others: Spec) -> Spec:
        return Spec(self.shape)

    def gradient(self, node: Node, g: Tensor):
        dy, points, *others = node.inputs
        flow = apply(Sample(self.sampling), g, points, *others)
        return flow, *_slopes(self.sampling, g, points, dy, others)

    def lower(self, lowering, node: Node) -> None:
        dy, points, *others = node.inputs
        buffers = {**self.sampling.buffers(points, others), "dx": node.output, "dy": dy}
        if points.shape[1]:
            params = self.sampling.params(self.shape, points.shape)
            lowering.emit("sample_gradient", buffers, **params)
        else:
            shape = {**extent(self.shape), "count": prod(self.shape[1:])}
            lowering.emit("fill", {"y": node.output}, {"value": 0.0}, **shape)


class SamplePointsGradient(Op):
    """dpoints = d <dy, S(points) x> / d points. Inputs: x, points, dy, and the others."""

    sampling: Sampling

    def infer(self, x: Spec, points: Spec, dy: Spec, *others: Spec) -> Spec:
        return points

    def gradient(self, node: Node, g: Tensor):
        x, points, dy, *others = node.inputs
        if self.sampling.directed:
            return tuple(apply(ThirdDerivative(t.shape), g) for t in node.inputs)
        sampling, others = self.sampling.replace(directed=True), (*others, g)
        dx = apply(SampleGradient(sampling, x.shape), dy, points, *others)
        ddy = apply(Sample(sampling), x, points, *others)
        dpoints = apply(SamplePointsGradient(sampling), x, points, dy, *others)
        return dx, dpoints, ddy, *(None for _ in others[:-1])

    def lower(self, lowering, node: Node) -> None:
        x, points, dy, *others = node.inputs
        if 0 not in node.output.shape and 0 not in dy.shape:
            buffers = {"x": x, "dy": dy, "dpoints": node.output}
            lowering.emit(
                "sample_points_gradient",
                {**self.sampling.buffers(points, others), **buffers},
                **self.sampling.params(x.shape, points.shape),
            )


class ThirdDerivative(Op):
    """Stands for a derivative that is not there; only a plan that needs it raises."""

    shape: tuple

    def infer(self, g: Spec) -> Spec:
        return Spec(self.shape)

    def lower(self, lowering, node: Node) -> None:
        raise ValueError(
            "grid_sample: expected at most two derivatives with respect to the points, received a "
            "third; use ops.stop_gradient on the points"
        )


def _slopes(sampling: Sampling, x, points, dy, others) -> tuple:
    """Gradients of <dy, S x> with respect to the points, the index and the direction."""
    if sampling.interpolation == "nearest":
        return (None,) * (1 + len(others))
    dpoints = apply(SamplePointsGradient(sampling), x, points, dy, *others)
    flows = [None] * len(others)
    if sampling.directed:
        undirected = sampling.replace(directed=False)
        flows[-1] = apply(SamplePointsGradient(undirected), x, points, dy, *others[:-1])
    return dpoints, *flows


def grid_sample(
    x, points, interpolation="bilinear", fill_mode="constant", fill_value=0.0, index=None
):
    """Images read at points between their pixels (Jaderberg et al. 2015, eq. 5).

    y[p] = sum_q x[q] prod_a max(0, 1 - |p_a - q_a|) over all pixels q, axes a; "nearest": the pixel
    at the rounded point, halves to the even one. Differentiable in x, and in the points where
    bilinear, twice.

    Args:
        x: (n, spatial..., c), float32; 1 to 3 spatial axes.
        points: (n, ..., rank), or (1, ..., rank) for all examples alike: coordinates (row, column)
            in pixels; pixel centres are integers, so (0, 0) is the centre of the first pixel.
        interpolation: "bilinear" (linear along every axis) or "nearest".
        fill_mode: what lies outside a row abcd, as in Keras: "constant" fill_value; "nearest" aaaa
            abcd dddd; "reflect" dcba abcd dcba; "mirror" dcb abcd cba; "wrap" abcd abcd abcd.
        fill_value: a number.
        index: (b,), int32: the image that each of b owners of points (b, ..., rank) reads, such as
            the image of each box. Not in a symbolic batch: there, points are (n, k, ..., rank).

    Returns:
        (n, ..., c), or (b, ..., c) with an index.

    Raises:
        ValueError: shapes or arguments that do not fit; an index of an image that is not there.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> x = np.arange(6.0).reshape(1, 2, 3, 1)
        >>> ops.grid_sample(x, [[[0.5, 1.0], [1.0, 1.25]]]).ravel()
        array([2.5 , 4.25], dtype=float32)
    """
    shape, at = shape_of(x), shape_of(points)
    _check(shape, at, interpolation, fill_mode, fill_value, index)
    if index is None and at[0] == 1 != shape[0]:
        at = (shape[0], *at[1:])
        points = broadcast_to(points, at)
    flat = reshape(points, (at[0], prod(at[1:-1]), at[-1]))
    others = () if index is None else (cast(index, "int32"),)
    sampling = Sampling(interpolation, fill_mode, index is not None)
    if fill_mode == "constant" and fill_value != 0:
        y = add(apply(Sample(sampling), subtract(x, fill_value), flat, *others), fill_value)
    else:
        y = apply(Sample(sampling), x, flat, *others)
    return reshape(y, (*at[:-1], shape[-1]))


def _check(shape, at, interpolation, fill_mode, fill_value, index) -> None:
    """Raises ValueError unless `grid_sample` can take its arguments."""
    rank = len(shape) - 2
    if not 1 <= rank <= 3 or 0 in shape[1:]:
        raise ValueError(
            f"grid_sample: expected (n, 1 to 3 spatial axes, channels), not empty, received shape "
            f"{shape}"
        )
    owners = shape[0] if index is None else (shape_of(index) or (None,))[0]
    if len(at) < 2 or at[-1] != rank or at[0] not in ((1, owners) if index is None else (owners,)):
        raise ValueError(
            f"grid_sample: expected points ({owners}, ..., {rank}) for images of shape {shape}, "
            f"received shape {at}; give {rank} coordinates for each point of each image"
        )
    if index is not None and (shape[0] is None or at[0] is None or len(shape_of(index)) != 1):
        raise ValueError(
            f"grid_sample: expected `index` (b,) beside images and points whose numbers are known, "
            f"received shapes {shape} and {at}; in a model give points (n, k, ..., {rank})"
        )
    for name, value, choices in (
        ("interpolation", interpolation, INTERPOLATIONS),
        ("fill_mode", fill_mode, FILL_MODES),
    ):
        if value not in choices:
            raise ValueError(f"grid_sample: expected `{name}` of {choices}, received {value!r}")
    if not isfinite(fill_value):
        raise ValueError(f"grid_sample: expected a finite `fill_value`, received {fill_value!r}")
