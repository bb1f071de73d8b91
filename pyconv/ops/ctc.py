"""The likelihood of label sequences that networks spread over time (Graves et al. 2006)."""

from __future__ import annotations

import numpy as np

from pyconv.ops.activation import log_softmax
from pyconv.ops.elementwise import cast, equal, exp, less, log, maximum
from pyconv.ops.index import take_along_axis
from pyconv.ops.reduce import sum as total
from pyconv.ops.selection import where
from pyconv.ops.shaping import expand_dims, shape_of
from pyconv.ops.slices import concatenate, getitem

_NEVER = -1e30  # the logarithm of a probability of 0


def ctc_loss(target, output, target_length, output_length, mask_index: int = 0):
    """-log of the sum over all paths that become the labels once repetitions and blanks go.

    a(t, s) = p(t, l_s) (a(t-1, s) + a(t-1, s-1) + a(t-1, s-2)), over the labels with blanks between
    them; the last term where l_s is no blank and differs from l_(s-2) (Graves et al. 2006, eq. 6).

    Args:
        target: (batch, labels), integers; what follows an example's labels does not matter.
        output: (batch, time, classes), logits.
        target_length, output_length: (batch,), how many labels, and steps of time, count.
        mask_index: the class that is the blank.

    Returns:
        (batch,).

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.ctc_loss([[1]], np.zeros((1, 2, 2)), [1], [2]).round(4)
        array([0.2877], dtype=float32)
    """
    labels, lengths = cast(target, "int32"), expand_dims(cast(target_length, "float32"), -1)
    steps = expand_dims(cast(output_length, "float32"), -1)
    scores = log_softmax(cast(output, "float32"))
    blank = getitem(scores, (slice(None), slice(None), slice(mask_index, mask_index + 1)))
    own = take_along_axis(scores, expand_dims(labels, 1), axis=-1)
    repeats = _repeats(cast(labels, "float32"))
    size = shape_of(labels)[-1]
    first = np.where(np.arange(size + 1) == 0, 0.0, _NEVER).astype("float32")
    blanks = getitem(blank, (slice(None), 0)) + first
    marks = getitem(own, (slice(None), 0)) + first[:size]
    for t in range(1, shape_of(scores)[1]):
        at = (slice(None), t)
        before = _shifted(marks)
        new_blanks = getitem(blank, at) + _either(blanks, concatenate([before, _last(marks)], -1))
        stays = _either(marks, getitem(blanks, (slice(None), slice(0, size))))
        new_marks = getitem(own, at) + _either(stays, before + repeats)
        going = less(float(t), steps)
        blanks, marks = where(going, new_blanks, blanks), where(going, new_marks, marks)
    ends = _either(_at(blanks, lengths, size + 1), _at(marks, lengths - 1.0, size))
    return getitem(ends * -1.0, (slice(None), 0))


def _repeats(labels):
    """0 where a label may follow the one before it at once, `_NEVER` where they are equal."""
    after, before = getitem(labels, (..., slice(1, None))), getitem(labels, (..., slice(0, -1)))
    free = getitem(labels, (..., slice(0, 1))) * 0.0
    return concatenate([free, cast(equal(after, before), "float32") * _NEVER], -1)


def _shifted(x):
    """One place further along the last axis; nothing comes first."""
    nothing = getitem(x, (..., slice(0, 1))) * 0.0 + _NEVER
    return concatenate([nothing, getitem(x, (..., slice(0, -1)))], -1)


def _last(x):
    return getitem(x, (..., slice(-1, None)))


def _either(a, b):
    """log(exp a + exp b)."""
    top = maximum(a, b)
    return top + log(exp(a - top) + exp(b - top))


def _at(x, places, size: int):
    """The element of each row at a place, (batch, 1); `_NEVER` at places before the first."""
    chosen = cast(equal(np.arange(size, dtype="float32"), places), "float32")
    found = total(where(chosen, x, 0.0), axis=-1, keepdims=True)
    return where(less(places, 0.0), _NEVER, found)
