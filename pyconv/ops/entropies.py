"""Keras' cross-entropies of targets and outputs, from logits wherever they can be found."""

from __future__ import annotations

from pyconv.config import epsilon
from pyconv.ops.dtypes import floats
from pyconv.ops.elementwise import (
    add,
    cast,
    clip,
    divide,
    log,
    multiply,
    negative,
    subtract,
)
from pyconv.ops.logits import logits_behind
from pyconv.ops.loss import (
    sigmoid_cross_entropy,
    softmax_cross_entropy,
    sparse_softmax_cross_entropy,
)
from pyconv.ops.rearranging import moveaxis
from pyconv.ops.reduce import sum
from pyconv.ops.shaping import axis_of, shape_of, squeeze


def binary_crossentropy(target, output, from_logits=False):
    """-t log p - (1 - t) log(1 - p), element by element.

    Args:
        target: t, of output's shape.
        output: p, or logits z with p = sigmoid(z).
        from_logits: whether output has logits; else p is kept `config.epsilon()` from 0 and 1.

    Example:
        >>> from pyconv import ops
        >>> ops.binary_crossentropy([1.0], [0.5])
        array([0.6931472], dtype=float32)
    """
    target, output = floats(target), floats(output)
    _check("binary_crossentropy", shape_of(target), shape_of(output))
    logits = logits_behind(output, from_logits)
    if logits is not None:
        return sigmoid_cross_entropy(logits, target)
    p = _inside(output)
    first = multiply(target, log(p))
    return negative(add(first, multiply(subtract(1.0, target), log(subtract(1.0, p)))))


def categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """-sum t log p along an axis.

    Args:
        target: t, of output's shape.
        output: p, which is divided by its sum and kept `config.epsilon()` from 0 and 1; or logits
            z with p = softmax(z).
        from_logits: whether output has logits.
        axis: that of the classes.

    Example:
        >>> from pyconv import ops
        >>> ops.categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]])
        array([0.6931472], dtype=float32)
    """
    target, output = floats(target), floats(output)
    _check("categorical_crossentropy", shape_of(target), shape_of(output))
    axis = axis_of("categorical_crossentropy", shape_of(output), axis)
    logits = logits_behind(output, from_logits)
    if logits is not None:
        return softmax_cross_entropy(moveaxis(logits, axis, -1), moveaxis(target, axis, -1))
    p = _inside(divide(output, sum(output, axis, True)))
    return negative(sum(multiply(target, log(p)), axis))


def sparse_categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """-log p of the target's class along an axis.

    Args:
        target: class numbers, of output's shape without the axis, or with size 1 there.
        output: p, kept `config.epsilon()` from 0 and 1 and divided by its sum; or logits z with
            p = softmax(z).
        from_logits: whether output has logits.
        axis: that of the classes.

    Example:
        >>> from pyconv import ops
        >>> ops.sparse_categorical_crossentropy([1], [[0.5, 0.5]])
        array([0.6931472], dtype=float32)
    """
    output = floats(output)
    shape = shape_of(output)
    axis = axis_of("sparse_categorical_crossentropy", shape, axis)
    if len(shape_of(target)) == len(shape) and shape_of(target)[-1] == 1:
        target = squeeze(target, -1)
    _check("sparse_categorical_crossentropy", shape_of(target), shape[:axis] + shape[axis + 1 :])
    logits = logits_behind(output, from_logits)
    logits = log(_inside(output)) if logits is None else logits
    return sparse_softmax_cross_entropy(moveaxis(logits, axis, -1), cast(target, "int32"))


def _inside(p):
    """Probabilities kept `config.epsilon()` away from 0 and 1."""
    return clip(p, epsilon(), 1.0 - epsilon())


def _check(what: str, target: tuple, expected: tuple) -> None:
    if len(target) != len(expected) or any(
        t != e and None not in (t, e) for t, e in zip(target, expected, strict=False)
    ):
        raise ValueError(f"{what}: expected a target of shape {expected}, received {target}")
