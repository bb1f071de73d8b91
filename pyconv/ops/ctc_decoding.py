"""Label sequences from what networks say at each time: the inverse of `ctc_loss`."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from pyconv.graph import Tensor
from pyconv.graph.array import as_array


def ctc_decode(
    inputs,
    sequence_lengths,
    strategy: str = "greedy",
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = True,
    mask_index: int = 0,
):
    """The likeliest label sequences (Graves et al. 2006; beams: Graves & Jaitly 2014).

    Args:
        inputs: (batch, time, classes), logits, an array.
        sequence_lengths: (batch,), how many steps of time count.
        strategy: "greedy" (the best class at each time) or "beam_search".
        beam_width: how many sequences are followed.
        top_paths: how many are returned by "beam_search".
        merge_repeated: whether "greedy" takes equal neighbours for one label.
        mask_index: the class that is the blank.

    Returns:
        (labels, scores): int32 (top_paths, batch, time), -1 behind the last label; and, greedy,
        minus the sum of the logits, (batch, 1), else log probabilities, (batch, top_paths).

    Raises:
        TypeError: a symbolic tensor; decode what `predict` returns.
        ValueError: an unknown strategy.

    Example:
        >>> labels, _ = ctc_decode([[[0.0, 2.0], [0.0, 2.0], [2.0, 0.0]]], [3])
        >>> labels
        array([[[ 1, -1, -1]]], dtype=int32)
    """
    if isinstance(inputs, Tensor) or isinstance(sequence_lengths, Tensor):
        raise TypeError(
            "ctc_decode: expected arrays, received a symbolic tensor; decode what predict returns"
        )
    if strategy not in ("greedy", "beam_search"):
        raise ValueError(f"expected `strategy` 'greedy' or 'beam_search', received {strategy!r}")
    logits = np.asarray(inputs, "float64")
    blank = mask_index % logits.shape[-1]
    paths = 1 if strategy == "greedy" else top_paths
    labels = np.full((paths, *logits.shape[:2]), -1, "int32")
    scores = np.empty((len(logits), paths), "float32")
    for i, (rows, length) in enumerate(zip(logits, np.asarray(sequence_lengths), strict=True)):
        if strategy == "greedy":
            found = [_greedy(rows[:length], blank, merge_repeated)]
        else:
            found = _beams(rows[:length], blank, beam_width, top_paths)
        for path, (sequence, score) in enumerate(found):
            labels[path, i, : len(sequence)] = sequence
            scores[i, path] = score
    return as_array(labels), as_array(scores)


def _greedy(rows, blank: int, merge: bool):
    """(labels, minus the sum of the largest logits)."""
    best = rows.argmax(-1)
    new = np.append(True, best[1:] != best[:-1]) if merge else np.ones(len(best), bool)
    return best[new[: len(best)] & (best != blank)], -rows.max(-1).sum()


def _beams(rows, blank: int, width: int, paths: int):
    """The best (labels, log probability), the best first.

    A beam is a sequence with the log probabilities of the paths to it that end with a blank, and
    with its last label.
    """
    never = -np.inf
    scores = rows - np.logaddexp.reduce(rows, axis=-1, keepdims=True)
    beams = {(): (0.0, never)}
    for row in scores:
        found = defaultdict(lambda: (never, never))
        for sequence, (ends_blank, ends_label) in beams.items():
            total = np.logaddexp(ends_blank, ends_label)
            last = sequence[-1] if sequence else None
            kept = never if last is None else ends_label + row[last]
            _add(found, sequence, total + row[blank], kept)
            for label, score in enumerate(row):
                if label != blank:
                    before = ends_blank if label == last else total
                    _add(found, (*sequence, label), never, before + score)
        best = sorted(found.items(), key=lambda beam: -np.logaddexp(*beam[1]))
        beams = dict(best[:width])
    return [(sequence, np.logaddexp(*ends)) for sequence, ends in list(beams.items())[:paths]]


def _add(found, sequence, ends_blank: float, ends_label: float) -> None:
    old = found[sequence]
    found[sequence] = (np.logaddexp(old[0], ends_blank), np.logaddexp(old[1], ends_label))
