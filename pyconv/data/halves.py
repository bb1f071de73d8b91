"""A data set in two."""

from __future__ import annotations

import random
from numbers import Integral, Real

import numpy as np

from pyconv.data.dataset import Dataset
from pyconv.utils.nest import flatten


def split_dataset(
    dataset, left_size=None, right_size=None, shuffle=False, seed=None, preferred_backend=None
):
    """Two data sets: the first examples and the last.

    Args:
        dataset: an array, a nest of arrays of one length, or a `Dataset`.
        left_size, right_size: numbers of examples, or parts of them between 0 and 1; None for all
            that the other leaves.
        shuffle, seed: whether, and how, examples are shuffled first: as Keras does it.
        preferred_backend: accepted for Keras' sake.

    Returns:
        Two `Dataset`s of examples.

    Raises:
        TypeError: something else, or sizes that are no numbers.
        ValueError: no size, or sizes beyond the data.

    Example:
        >>> left, right = split_dataset(np.arange(10), left_size=0.8)
        >>> len(left), [int(x) for x in right]
        (8, [8, 9])
    """
    if left_size is None and right_size is None:
        raise ValueError("expected `left_size` or `right_size`, received neither")
    if not isinstance(dataset, Dataset):
        if not all(hasattr(a, "__len__") for a in flatten(dataset)) or not flatten(dataset):
            raise TypeError(f"expected a Dataset or arrays, received {type(dataset).__name__}")
        structure = (
            tuple(dataset) if isinstance(dataset, list) and _are_arrays(dataset) else dataset
        )
        structure = np.asarray(structure) if isinstance(structure, list) else structure
        dataset = Dataset.from_tensor_slices(structure)
    examples = list(dataset._elements())
    if shuffle:
        random.seed(random.randint(0, int(1e6)) if seed is None else seed)
        random.shuffle(examples)
    left, right = _sizes(left_size, right_size, len(examples))
    return (Dataset(lambda: iter(examples[:left]), left),
            Dataset(lambda: iter(examples[len(examples) - right :]), right))  # fmt: skip


def _are_arrays(parts):
    return all(isinstance(part, np.ndarray) for part in parts)


def _sizes(left, right, total):
    """Numbers of examples of both."""
    left, right = (_count(*side, total) for side in (("left_size", left), ("right_size", right)))
    left = total - right if left is None else left
    right = total - left if right is None else right
    if min(left, right) <= 0 or left + right > total:
        raise ValueError(
            f"expected sizes above 0 whose sum is at most {total}, received {left} and {right}"
        )
    return left, right


def _count(name, size, total):
    if size is None:
        return None
    if not isinstance(size, Real) or isinstance(size, bool):
        raise TypeError(f"expected `{name}` to be a number or None, received {size!r}")
    most = total if isinstance(size, Integral) else 1
    if not 0 < size < most:
        raise ValueError(f"expected `{name}` above 0 and below {most}, received {size}")
    return int(size) if isinstance(size, Integral) else round(size * total)
