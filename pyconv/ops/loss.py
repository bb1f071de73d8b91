"""Cross-entropies, one number for each row of logits."""

from __future__ import annotations

import numpy as np

from pyconv.graph import Node, Op, Spec, Tensor, Variable, apply
from pyconv.ops.activation import Softmax, log_softmax, rows, softmax
from pyconv.ops.broadcasting import sum_to_shape
from pyconv.ops.dtypes import Cast
from pyconv.ops.elementwise import Binary, cast, equal, expect_float
from pyconv.ops.reduce import argmax
from pyconv.ops.shaping import BroadcastTo, Reshape, axis_of, expand_dims, reshape, shape_of


class Sweep(Op):
    """What one op record makes of rows of logits, in one sweep over each row.

    Inputs: logits, targets, and for "dlogits" also dloss: one number a row, or one for all.

    Attributes:
        record: "sparse_cross_entropy", whose targets are labels, or "cross_entropy".
        results: what the outputs are: "loss", "dlogits", "correct".
    """

    def source(self, node: Node) -> tuple[Tensor, bool]:
        """The logits, and whether "correct" looks at their softmax."""
        return node.inputs[0], False

    def join(self, node: Node, other: Node):
        """(op, inputs) that make what two nodes make of the same logits and targets, or None."""
        if not isinstance(other.op, Sweep):
            return None
        (logits, softened), (others, also) = self.source(node), other.op.source(other)
        results = self.results + other.op.results
        if (
            self.record != other.op.record
            or logits is not others
            or _numbers(node.inputs[1]) is not _numbers(other.inputs[1])
            or len(set(results)) < len(results)
            or ((softened or also) and "dlogits" not in results)
        ):
            return None
        inputs = max(node.inputs, other.inputs, key=len)
        return Joint(self.record, results, softened or also), inputs

    def lower(self, lowering, node: Node) -> None:
        logits, targets, dloss = (*node.inputs, None)[:3]
        results = dict(zip(self.results, node.outputs, strict=True))
        lowering.emit(
            self.record,
            {"logits": logits, _TARGETS[self.record]: targets, "dloss": dloss, **results},
            **rows(logits.shape),
            classes=logits.shape[-1],
            each=int(dloss is not None and dloss.shape == logits.shape[:-1]),
            probabilities=int("dlogits" in self.results and self.source(node)[1]),
        )


_TARGETS = {"sparse_cross_entropy": "labels", "cross_entropy": "targets"}


class Joint(Sweep):
    """Several results of the same logits and targets."""

    record: str
    results: tuple[str, ...]
    softened: bool

    def infer(self, logits: Spec, targets: Spec, *dloss: Spec) -> tuple[Spec, ...]:
        row = Spec(logits.shape[:-1])
        return tuple(logits if result == "dlogits" else row for result in self.results)

    def source(self, node: Node) -> tuple[Tensor, bool]:
        return node.inputs[0], self.softened


class Correct(Sweep):
    """1 where the first of a row's largest scores is at its label, or at the place of the first of
    its largest targets; else 0. Inputs: scores, labels (int32) or targets."""

    record: str
    results = ("correct",)

    def infer(self, scores: Spec, targets: Spec) -> Spec:
        return Spec(scores.shape[:-1])

    def source(self, node: Node) -> tuple[Tensor, bool]:
        scores = node.inputs[0]
        softened = scores.node is not None and scores.node.op == Softmax()
        return (scores.node.inputs[0] if softened else scores), softened


class SparseCrossEntropy(Sweep):
    """loss = -log softmax(logits)[label] over the last axis. Inputs: logits, labels (int32)."""

    record = "sparse_cross_entropy"
    results = ("loss",)

    def infer(self, logits: Spec, labels: Spec) -> Spec:
        _check_rows(logits, labels)
        return Spec(logits.shape[:-1])

    def gradient(self, node: Node, g: Tensor):
        return apply(SparseCrossEntropyGradient(), *node.inputs, _one_for_all(g)), None


class SparseCrossEntropyGradient(Sweep):
    """(softmax(logits) - one_hot(labels)) g. Inputs: logits, labels, g of one number a row, or one
    for all."""

    record = "sparse_cross_entropy"
    results = ("dlogits",)

    def infer(self, logits: Spec, labels: Spec, g: Spec) -> Spec:
        return logits

    def gradient(self, node: Node, d: Tensor):
        logits, labels, g = node.inputs
        p = softmax(logits)
        chosen = apply(OneHot(logits.shape[-1]), labels)
        dg = (d * (p - chosen)).sum(-1)
        dz = p * (d - (d * p).sum(-1, keepdims=True)) * expand_dims(g, -1)
        return dz, None, sum_to_shape(dg, g.shape)


class CrossEntropy(Sweep):
    """loss = -sum_i t_i log softmax(logits)_i over the last axis. Inputs: logits, targets t."""

    record = "cross_entropy"
    results = ("loss",)

    def infer(self, logits: Spec, targets: Spec) -> Spec:
        expect_float("softmax_cross_entropy", logits, targets)
        if logits.shape != targets.shape:
            raise ValueError(
                f"softmax_cross_entropy: expected targets of the logits' shape {logits.shape}, "
                f"received {targets.shape}; for class numbers use the sparse cross-entropy"
            )
        return Spec(logits.shape[:-1])

    def gradient(self, node: Node, g: Tensor):
        logits, targets = node.inputs
        dz = apply(CrossEntropyGradient(), logits, targets, _one_for_all(g))
        return dz, -(log_softmax(logits) * expand_dims(g, -1))


class CrossEntropyGradient(Sweep):
    """(softmax(logits) sum(t) - t) g. Inputs: logits, targets t, g of one number a row, or one for
    all."""

    record = "cross_entropy"
    results = ("dlogits",)

    def infer(self, logits: Spec, targets: Spec, g: Spec) -> Spec:
        return logits

    def gradient(self, node: Node, d: Tensor):
        logits, targets, g = node.inputs
        p, total = softmax(logits), targets.sum(-1, keepdims=True)
        scaled = d * expand_dims(g, -1)
        inner = (scaled * p).sum(-1, keepdims=True)
        dg = (d * (p * total - targets)).sum(-1)
        return p * (scaled - inner) * total, inner - scaled, sum_to_shape(dg, g.shape)


def _one_for_all(g: Tensor) -> Tensor:
    """The one number that g repeats for every row, if it does."""
    if g.node is None or not isinstance(g.node.op, BroadcastTo):
        return g
    source = g.node.inputs[0]
    one = not source.spec.batched and source.spec.size_per_example == 1
    return source if one else g


def _numbers(x: Tensor) -> Tensor:
    """The tensor that has x's numbers in their order, in whatever shape and dtype."""
    while x.node is not None and isinstance(x.node.op, (Cast, Reshape)):
        source = x.node.inputs[0]
        if x.dtype == "int32" != source.dtype:
            break
        x = source
    return x


class OneHot(Op):
    """y[..., c] = 1 where c is the label, else 0."""

    classes: int

    def infer(self, labels: Spec) -> Spec:
        return Spec((*labels.shape, self.classes))

    def lower(self, lowering, node: Node) -> None:
        lowering.emit(
            "one_hot",
            {"labels": node.inputs[0], "y": node.output},
            **rows(node.output.shape),
            classes=self.classes,
        )


def _check_rows(logits: Spec, labels: Spec) -> None:
    expect_float("sparse_softmax_cross_entropy", logits)
    if labels.dtype != "int32" or labels.shape != logits.shape[:-1]:
        raise ValueError(
            f"sparse_softmax_cross_entropy: expected int32 labels of shape {logits.shape[:-1]} for "
            f"logits of shape {logits.shape}, received {labels.dtype} of shape {labels.shape}"
        )


def _labels(x):
    """Class numbers as int32, whatever integers or integral floats they came as."""
    if isinstance(x, (Tensor, Variable)):
        return x if x.dtype == "int32" else apply(Cast("int32"), x)
    return np.asarray(x).astype(np.int32)


def one_hot(x, num_classes: int, axis: int = -1, dtype=None, sparse: bool = False):
    """1 at the label's place and 0 elsewhere, along a new axis; all 0 for a label out of range.

    Args:
        x: labels, integers.
        num_classes: size of the new axis.
        axis: where it stands in the result.
        dtype: the result's; float32 by default.
        sparse: taken for Keras' sake; there are dense tensors only.

    Example:
        >>> from pyconv import ops
        >>> ops.one_hot([1, 0], 2)
        array([[0., 1.],
               [1., 0.]], dtype=float32)
    """
    rank = len(shape_of(x)) + 1
    axis = axis_of("one_hot", (1,) * rank, axis)
    classes = np.arange(num_classes, dtype="int32").reshape(-1, *(1,) * (rank - axis - 1))
    hit = equal(expand_dims(_labels(x), axis), classes)
    return cast(hit, "float32" if dtype is None else dtype)


def sparse_softmax_cross_entropy(logits, labels):
    """-log softmax(logits)[label] over the last axis (Goodfellow et al., eq. 6.30).

    Args:
        logits: (..., classes), float32.
        labels: (...,), integers from 0 to classes - 1.

    Returns:
        (...,): one loss a row.

    Raises:
        ValueError: shapes that do not fit, or a label out of range.

    Example:
        >>> from pyconv import ops
        >>> ops.sparse_softmax_cross_entropy([[0.0, 0.0]], [1])
        array([0.6931472], dtype=float32)
    """
    return apply(SparseCrossEntropy(), logits, _labels(labels))


def softmax_cross_entropy(logits, targets):
    """-sum_i t_i log softmax(logits)_i over the last axis.

    Args:
        logits, targets: (..., classes), float32.

    Returns:
        (...,): one loss a row.

    Example:
        >>> from pyconv import ops
        >>> ops.softmax_cross_entropy([[0.0, 0.0]], [[0.5, 0.5]])
        array([0.6931472], dtype=float32)
    """
    return apply(CrossEntropy(), logits, targets)


def sigmoid_cross_entropy(logits, targets):
    """-t log sigmoid(z) - (1 - t) log(1 - sigmoid(z)), element by element and without overflow.

    Args:
        logits, targets: z and t, float32, of shapes that broadcast.

    Example:
        >>> from pyconv import ops
        >>> ops.sigmoid_cross_entropy([200.0, -200.0], [1.0, 0.0])
        array([0., 0.], dtype=float32)
    """
    return apply(Binary("sigmoid_cross_entropy"), logits, targets)


def hits(targets, scores):
    """1 where the first of a row's largest scores is in the target's place, else 0.

    Args:
        targets: (...,), class numbers, or (..., classes), of which the first of the largest counts.
        scores: (..., classes), float32.
    """
    if len(shape_of(targets)) == len(shape_of(scores)):
        return apply(Correct("cross_entropy"), scores, targets)
    labels = _numbers(targets) if isinstance(targets, Tensor) else None
    if labels is not None and labels.dtype == "int32":
        labels = reshape(labels, targets.shape)
        return apply(Correct("sparse_cross_entropy"), scores, labels)
    return cast(equal(targets, cast(argmax(scores, axis=-1), "float32")), "float32")
