"""Files of a folder with the classes that its subfolders are, in Keras' order."""

from __future__ import annotations

import os

import numpy as np

from pyconv.config.switches import show

SUBSETS = ("training", "validation", "both", None)


def index_directory(
    directory, labels, formats, class_names=None, shuffle=True, seed=None, follow_links=False,
    verbose=True,
):  # fmt: skip
    """Paths of files with labels.

    Args:
        directory: the folder; its subfolders are the classes where labels are "inferred".
        labels: "inferred", None, or an integer for each file, sorted by path.
        formats: tuple of suffixes.
        class_names: the subfolders in the order wanted; by default all, sorted.
        shuffle, seed: whether, and how, files and labels are shuffled.
        follow_links: whether linked folders are visited.
        verbose: whether numbers of files and classes are shown.

    Returns:
        (paths, labels or None, class names or None).

    Raises:
        ValueError: class names that are no subfolders, or labels for other files.
    """
    folders = _folders(directory, labels, class_names)
    found = [_files(directory, folder, formats, follow_links) for folder in folders]
    paths = [path for files in found for path in files]
    if labels == "inferred":
        labels = np.repeat(np.arange(len(folders), dtype="int32"), [len(files) for files in found])
        class_names = folders
    elif labels is not None:
        class_names = [str(label) for label in sorted(set(labels))]
        if len(labels) != len(paths):
            raise ValueError(
                f"expected a label for each of {len(paths)} files in {directory}, received "
                f"{len(labels)} labels"
            )
    if verbose:
        classes = "" if labels is None else f" belonging to {len(class_names)} classes"
        show(f"Found {len(paths)} files{classes}.")
    if shuffle:
        order = np.arange(len(paths))
        np.random.RandomState(seed).shuffle(order)
        paths = [paths[i] for i in order]
        labels = None if labels is None else np.asarray(labels)[order]
    return paths, labels, class_names


def _folders(directory, labels, class_names):
    """The folders to look into, relative to the directory."""
    if labels != "inferred":
        if class_names is not None:
            raise ValueError(
                f"expected `class_names` with inferred labels only, received {class_names}"
            )
        return [""]
    folders = sorted(
        entry.name
        for entry in os.scandir(directory)
        if entry.is_dir() and not entry.name.startswith(".")
    )
    if class_names is None:
        return folders
    if not set(class_names) <= set(folders):
        raise ValueError(
            f"expected `class_names` among the subfolders {folders}, received {class_names}"
        )
    return list(class_names)


def _files(directory, folder, formats, follow_links):
    """Paths of a folder's files, and of those in folders within it."""
    walk = os.walk(os.path.join(directory, folder), followlinks=follow_links)
    return [
        os.path.normpath(os.path.join(root, name))
        for root, _, names in sorted(walk)
        for name in sorted(names)
        if name.lower().endswith(formats)
    ]


def check_split(validation_split, subset, shuffle, seed):
    """Raises ValueError unless these arguments fit together."""
    if validation_split and not 0 < validation_split < 1:
        raise ValueError(
            f"expected `validation_split` between 0 and 1, received {validation_split}"
        )
    if bool(validation_split) != bool(subset):
        raise ValueError(
            "expected `subset` and `validation_split` together, received "
            f"subset={subset!r}, validation_split={validation_split}"
        )
    if subset not in SUBSETS:
        raise ValueError(f"expected `subset` to be one of {SUBSETS}, received {subset!r}")
    if validation_split and shuffle and seed is None:
        raise ValueError(
            "expected a `seed` with `validation_split` and shuffling, received none, with which "
            "the subsets would overlap"
        )


def part(paths, labels, validation_split, subset):
    """The files of a subset: the last ones are for validation."""
    if not validation_split:
        return paths, labels
    count = int(validation_split * len(paths))
    training = subset == "training"
    show(f"Using {len(paths) - count if training else count} files for {subset}.")
    kept = slice(None, -count) if training else slice(-count, None)
    return paths[kept], None if labels is None else labels[kept]
