"""Cross-entropies, one number for each row of logits."""

from __future__ import annotations

import numpy as np

from pyconv.graph import Node, Op, Spec, Tensor, Variable, apply
from pyconv.ops.activation import log_softmax, rows, softmax
from pyconv.ops.dtypes import Cast
from pyconv.ops.elementwise import Binary, cast, equal, expect_float
from pyconv.ops.shaping import axis_of, expand_dims, shape_of


class SparseCrossEntropy(Op):
    """loss = -log softmax(logits)[label] over the last axis. Inputs: logits, labels (int32)."""

    def infer(self, logits: Spec, labels: Spec) -> Spec:
        _check_rows(logits, labels)
        return Spec(logits.shape[:-1])

    def gradient(self, node: Node, g: Tensor):
        return apply(SparseCrossEntropyGradient(), *node.inputs, g), None

    def lower(self, lowering, node: Node) -> None:
        logits, labels = node.inputs
        lowering.emit(
            "sparse_cross_entropy",
            {"logits": logits, "labels": labels, "loss": node.output},
            **rows(logits.shape),
            classes=logits.shape[-1],
        )


class SparseCrossEntropyGradient(Op):
    """(softmax(logits) - one_hot(labels)) g. Inputs: logits, labels, g of one number a row."""

    def infer(self, logits: Spec, labels: Spec, g: Spec) -> Spec:
        return logits

    def gradient(self, node: Node, d: Tensor):
        logits, labels, g = node.inputs
        p = softmax(logits)
        chosen = apply(OneHot(logits.shape[-1]), labels)
        dg = (d * (p - chosen)).sum(-1)
        return p * (d - (d * p).sum(-1, keepdims=True)) * expand_dims(g, -1), None, dg

    def lower(self, lowering, node: Node) -> None:
        logits, labels, g = node.inputs
        lowering.emit(
            "sparse_cross_entropy_gradient",
            {"logits": logits, "labels": labels, "dloss": g, "dlogits": node.output},
            **rows(logits.shape),
            classes=logits.shape[-1],
        )


class CrossEntropy(Op):
    """loss = -sum_i t_i log softmax(logits)_i over the last axis. Inputs: logits, targets t."""

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
        dz = apply(CrossEntropyGradient(), logits, targets, g)
        return dz, -(log_softmax(logits) * expand_dims(g, -1))

    def lower(self, lowering, node: Node) -> None:
        logits, targets = node.inputs
        lowering.emit(
            "cross_entropy",
            {"logits": logits, "targets": targets, "loss": node.output},
            **rows(logits.shape),
            classes=logits.shape[-1],
        )


class CrossEntropyGradient(Op):
    """(softmax(logits) sum(t) - t) g. Inputs: logits, targets t, g of one number a row."""

    def infer(self, logits: Spec, targets: Spec, g: Spec) -> Spec:
        return logits

    def gradient(self, node: Node, d: Tensor):
        logits, targets, g = node.inputs
        p, total = softmax(logits), targets.sum(-1, keepdims=True)
        scaled = d * expand_dims(g, -1)
        inner = (scaled * p).sum(-1, keepdims=True)
        return (
            p * (scaled - inner) * total,
            inner - scaled,
            (d * (p * total - targets)).sum(-1),
        )

    def lower(self, lowering, node: Node) -> None:
        logits, targets, g = node.inputs
        lowering.emit(
            "cross_entropy_gradient",
            {"logits": logits, "targets": targets, "dloss": g, "dlogits": node.output},
            **rows(logits.shape),
            classes=logits.shape[-1],
        )


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
