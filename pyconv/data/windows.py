"""Windows over series."""

from __future__ import annotations

import numpy as np

from pyconv.data.dataset import Dataset


def timeseries_dataset_from_array(
    data,
    targets,
    sequence_length,
    sequence_stride=1,
    sampling_rate=1,
    batch_size=128,
    shuffle=False,
    seed=None,
    start_index=None,
    end_index=None,
    format="tf",
):
    """Windows of a series, each with the target of its first step.

    Window i holds data[start_index + i * sequence_stride + k * sampling_rate], k < sequence_length.

    Args:
        data: array (steps, ...).
        targets: array, whose row i belongs to the window that begins at step i; None for none.
        sequence_length: steps of a window.
        sequence_stride: steps from window to window.
        sampling_rate: steps from one step of a window to the next.
        batch_size: windows of a batch; None for single ones.
        shuffle, seed: whether, and how, the windows are shuffled.
        start_index, end_index: only steps from the one to before the other are used.
        format: accepted for Keras' sake.

    Returns:
        A `Dataset` of windows, or of pairs (windows, targets).

    Raises:
        ValueError: an index, rate or stride beyond the data.

    Example:
        >>> data = timeseries_dataset_from_array(np.arange(6), np.arange(6) + 3, 3, batch_size=2)
        >>> [(x.tolist(), y.tolist()) for x, y in data]
        [([[0, 1, 2], [1, 2, 3]], [3, 4]), ([[2, 3, 4], [3, 4, 5]], [5, 6])]
    """
    _check(len(data), sequence_stride, sampling_rate, start_index, end_index)
    start, end = start_index or 0, len(data) if end_index is None else end_index
    count = end - start - (sequence_length - 1) * sampling_rate
    count = count if targets is None else min(count, len(targets))
    first = np.arange(0, count, sequence_stride)
    steps = np.arange(0, sequence_length * sampling_rate, sampling_rate)
    series = np.asarray(data)[start:end]
    labels = None if targets is None else np.asarray(targets)[start:end]
    if shuffle:
        seed = np.random.randint(1e6) if seed is None else seed
        np.random.RandomState(seed).shuffle(first)
    generator = np.random.default_rng(seed) if shuffle else None
    size = batch_size or 1

    def batches():
        order = first if generator is None else generator.permutation(first)
        for begin in range(0, len(order), size):
            rows = order[begin : begin + size]
            rows = rows if batch_size else rows[0]
            x = series[np.add.outer(rows, steps)]
            yield x if labels is None else (x, labels[rows])

    return Dataset(batches, -(-len(first) // size))


def _check(length, sequence_stride, sampling_rate, start_index, end_index):
    for name, value in (("sampling_rate", sampling_rate), ("sequence_stride", sequence_stride)):
        if not 0 < value < length:
            raise ValueError(
                f"expected `{name}` above 0 and below the length {length} of the data, received "
                f"{value}"
            )
    if start_index and not 0 <= start_index < length:
        raise ValueError(f"expected `start_index` in [0, {length}), received {start_index}")
    if end_index and not (start_index or 0) < end_index < length:
        raise ValueError(
            f"expected `end_index` above the start and below the length {length}, received "
            f"{end_index}"
        )
