"""Data sets of the files in a folder, with labels."""

from __future__ import annotations

import os
from contextlib import closing
from functools import partial

import numpy as np

from pyconv.data.ahead import ahead, threads
from pyconv.data.dataset import Dataset
from pyconv.data.directories import check_split, index_directory, part

LABEL_MODES = ("int", "categorical", "binary", None)


def datasets_of_files(
    directory,
    formats,
    read,
    stack=np.stack,
    *,
    labels,
    label_mode,
    class_names,
    batch_size,
    shuffle,
    seed,
    validation_split,
    subset,
    follow_links,
    verbose,
):
    """Batches of what a function reads from files, in Keras' order and split.

    Args:
        directory: the folder.
        formats: tuple of suffixes.
        read: (path) -> an array.
        stack: (list of arrays) -> the array of a batch.
        labels, label_mode, ...: as in `image_dataset_from_directory`.

    Returns:
        A `Dataset` of arrays, or of pairs (array, labels), with the attributes `class_names` and
        `file_paths`; a list of two for subset="both".

    Raises:
        ValueError: arguments that do not fit together, or no files.
    """
    check_labels(labels, label_mode)
    check_split(validation_split, subset, shuffle, seed)
    if labels is None or label_mode is None:
        labels = label_mode = None
    seed = np.random.randint(1e6) if seed is None else seed
    paths, labels, class_names = index_directory(
        directory, labels, formats, class_names, shuffle, seed, follow_links, verbose
    )
    if label_mode == "binary" and len(class_names) != 2:
        raise ValueError(f"expected two classes for binary labels, received {class_names}")
    wanted = ("training", "validation") if subset == "both" else (subset,)
    sets = []
    for name in wanted:
        files, numbers = part(paths, labels, validation_split, name)
        if not files:
            raise ValueError(f"expected files ({', '.join(formats)}) in {directory}, found none")
        targets = encoded(numbers, label_mode, class_names)
        mixes = shuffle and not (subset == "both" and name == "validation")
        data = _of_files(files, targets, read, stack, batch_size, seed if mixes else None)
        data.class_names, data.file_paths = class_names, files
        sets.append(data)
    return sets if subset == "both" else sets[0]


def check_labels(labels, label_mode):
    """Raises ValueError unless these are labels and a mode that Keras knows."""
    if labels not in ("inferred", None) and not isinstance(labels, (list, tuple)):
        raise ValueError(
            f"expected `labels` to be 'inferred', None, or a list of integers, received {labels!r}"
        )
    if label_mode not in LABEL_MODES:
        raise ValueError(
            f"expected `label_mode` to be one of {LABEL_MODES}, received {label_mode!r}"
        )


def encoded(labels, label_mode, class_names):
    """A row for each label, in the form of a label mode."""
    if label_mode is None:
        return None
    labels = np.asarray(labels, "int32")
    if label_mode == "binary":
        return labels[:, None].astype("float32")
    return np.eye(len(class_names), dtype="float32")[labels] if label_mode != "int" else labels


def _of_files(paths, targets, read, stack, batch_size, seed):
    """The data set; each pass has an order of its own where there is a seed."""
    generator = None if seed is None else np.random.default_rng(seed)
    size = batch_size or 1

    def batches():
        order = np.arange(len(paths)) if generator is None else generator.permutation(len(paths))
        calls = (partial(read, paths[i]) for i in order)
        workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
        with closing(ahead(threads(workers), calls, max(size, workers))) as contents:
            for start in range(0, len(order), size):
                rows = order[start : start + size]
                x = stack([next(contents) for _ in rows])
                batch = x if targets is None else (x, targets[rows])
                yield batch if batch_size else _only(batch)

    return Dataset(batches, -(-len(paths) // size))


def _only(batch):
    return tuple(part[0, ...] for part in batch) if isinstance(batch, tuple) else batch[0, ...]
