"""How targets, predictions, weights and masks are brought together, as Keras does."""

import numpy as np

from pyconv import ops
from pyconv.graph import Tensor, Variable, current_trace
from pyconv.graph.array import Array
from pyconv.utils.nest import flatten, map_structure


def as_operand(value):
    """The value as something with a shape that ops take: wide integers become int32."""
    if isinstance(value, (Tensor, Variable, Array)) and value.dtype in ("float32", "int32"):
        return value
    array = np.asanyarray(value)  # a tape goes on knowing what it watches
    return array.astype("int32") if array.dtype.kind in "iu" else array


def operands(value):
    """A tensor or array, or a nest of them, as operands of ops; a list of numbers is an array."""
    nest = isinstance(value, (list, tuple)) and any(hasattr(x, "shape") for x in flatten(value))
    if nest or isinstance(value, dict):
        return map_structure(as_operand, value)
    return as_operand(value)


def as_float(x):
    """The same values as float32."""
    known = isinstance(x, (Tensor, Variable, Array)) and x.dtype == "float32"
    return x if known else ops.cast(x, "float32")


def pair(y_true, y_pred):
    """Targets and predictions as float32 of one rank; see `same_rank`."""
    return same_rank(as_float(as_operand(y_true)), as_float(as_operand(y_pred)))


def checked_pair(name, y_true, y_pred):
    """The same, where each target has a prediction, or is repeated as NumPy does."""
    y_true, y_pred = pair(y_true, y_pred)
    check_targets(name, y_true, y_pred.shape, repeated=1)
    return y_true, y_pred


def same_rank(a, b):
    """The two, the one with a spare last axis of length 1 without it; (batch,) gets it instead."""
    if len(a.shape) == len(b.shape) + 1:
        b, a = same_rank(b, a)
    elif len(b.shape) == len(a.shape) + 1 and b.shape[-1] == 1:
        if len(a.shape) == 1:
            a = ops.expand_dims(a, -1)
        else:
            b = ops.squeeze(b, -1)
    return a, b


def check_targets(what, y_true, shape, repeated=None):
    """Raises ValueError unless the targets have this shape, where None may be any size, and so may
    axes of size `repeated`; these may also be missing in front."""
    missing = repeated is not None and None not in y_true.shape and _repeats(y_true.shape, shape)
    if not (missing or _equal(y_true.shape, shape, repeated)):
        raise ValueError(
            f"{what}: expected targets of shape {tuple(shape)}, as the outputs, received"
            f" {tuple(y_true.shape)}; reshape the targets or change the last layer"
        )


def _equal(a, b, repeated=None):
    return len(a) == len(b) and all(
        m == n or None in (m, n) or repeated in (m, n) for m, n in zip(a, b, strict=True)
    )


def weighted(values, weights):
    """(values * weights, weights) of one rank.

    Weights are repeated as NumPy does; where that does not fit, those of the leading axes hold for
    all that follow.

    Raises:
        ValueError: neither fits.
    """
    values, weights = same_rank(values, as_float(as_operand(weights)))
    a, b = tuple(values.shape), tuple(weights.shape)
    if not _repeats(a, b):
        if not _equal(b, a[: len(b)], repeated=1):
            raise ValueError(
                f"expected `sample_weight` of shape {a} or its leading axes, received {b}; give one"
                " weight for each example or for each position"
            )
        weights = ops.reshape(weights, _sizes(b) + (1,) * (len(a) - len(b)))
    return values * weights, weights


def _repeats(a, b):
    """Whether NumPy repeats two shapes to one."""
    return all(m == n or 1 in (m, n) for m, n in zip(a[::-1], b[::-1], strict=False))


def _sizes(shape):
    """The shape for `ops.reshape`, in which one axis may be None."""
    return tuple(-1 if size is None else size for size in shape)


def merged_mask(first, second):
    """Where both masks count; None where there are none."""
    masks = [as_float(as_operand(mask)) for mask in (first, second) if mask is not None]
    return None if not masks else masks[0] if len(masks) == 1 else masks[0] * masks[1]


def masked_weights(weights, mask, whole):
    """The weights of what a mask leaves over; None where there are neither.

    Args:
        weights: sample weights or None.
        mask: 1 where a value counts, else 0; or None.
        whole: whether the rest stands for all, so that a mean over all is one over what counts.
    """
    if mask is None:
        return weights
    mask = as_float(as_operand(mask))
    if whole:
        mask = mask * ops.divide_no_nan(1.0, ops.mean(mask))
    return mask if weights is None else weighted(mask, weights)[0]


def examples(values):
    """How many examples values of shape (batch, ...) come from, a number."""
    if current_trace() is not None and isinstance(values, Tensor) and values.shape[0] is None:
        return ops.batch_count(values)
    return float(values.shape[0])
