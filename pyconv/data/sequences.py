"""Lists of different lengths as one array."""

from __future__ import annotations

import numpy as np

from pyconv.utils.arguments import choice

SIDES = ("pre", "post")


def pad_sequences(
    sequences, maxlen=None, dtype="int32", padding="pre", truncating="pre", value=0.0
):
    """Sequences brought to one length.

    Args:
        sequences: a list of lists, or of arrays whose rows have one shape.
        maxlen: the length; by default that of the longest.
        dtype: of the result; `object` for strings.
        padding: where short ones are padded: "pre" (before) or "post" (after).
        truncating: where long ones are cut.
        value: what they are padded with.

    Returns:
        An array (number of sequences, maxlen, ...).

    Raises:
        ValueError: no sequences, or rows of different shapes.

    Example:
        >>> pad_sequences([[1], [2, 3], [4, 5, 6]])
        array([[0, 0, 1],
               [0, 2, 3],
               [4, 5, 6]], dtype=int32)
    """
    choice(padding, "padding", SIDES)
    choice(truncating, "truncating", SIDES)
    if not hasattr(sequences, "__len__") or not all(hasattr(s, "__len__") for s in sequences):
        raise ValueError(f"expected a list of sequences, received {sequences!r}")
    if isinstance(value, str) and dtype is not object and np.dtype(dtype).kind not in "SU":
        raise ValueError(f"expected dtype=object for the padding {value!r}, received {dtype}")
    maxlen = max(map(len, sequences)) if maxlen is None else maxlen
    rows = next((np.asarray(s).shape[1:] for s in sequences if len(s)), ())
    result = np.full((len(sequences), maxlen, *rows), value, dtype=dtype)
    for i, sequence in enumerate(sequences):
        kept = sequence[-maxlen:] if truncating == "pre" else sequence[:maxlen]
        kept = np.asarray(kept, dtype=dtype)
        if len(kept) and kept.shape[1:] != rows:
            raise ValueError(
                f"expected sequences of rows of shape {rows}, received {kept.shape[1:]} at {i}"
            )
        if len(kept):
            place = slice(0, len(kept)) if padding == "post" else slice(-len(kept), None)
            result[i, place] = kept
    return result
