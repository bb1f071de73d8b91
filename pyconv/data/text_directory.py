"""Data sets of text files."""

from __future__ import annotations

from functools import partial

import numpy as np

from pyconv.data.file_datasets import datasets_of_files
from pyconv.utils.arguments import choice, whole
from pyconv.utils.strings import objects


def text_dataset_from_directory(
    directory,
    labels="inferred",
    label_mode="int",
    class_names=None,
    batch_size=32,
    max_length=None,
    shuffle=True,
    seed=None,
    validation_split=None,
    subset=None,
    follow_links=False,
    format="tf",
    verbose=True,
):
    """Batches of the texts (.txt) in a folder whose subfolders are the classes.

    Args:
        directory, labels, label_mode, class_names, batch_size, shuffle, seed, validation_split,
            subset, follow_links, verbose: as in `image_dataset_from_directory`.
        max_length: the most bytes of a text; None: all.
        format: "tf" (accepted for Keras' sake).

    Returns:
        A `Dataset` of strings (arrays of `bytes`), or of pairs (strings, labels), with the
        attributes `class_names` and `file_paths`; a list of two for "both".

    Raises:
        ValueError: arguments that do not fit together, or no texts.

    Example (no doctest, it needs files):
        train = text_dataset_from_directory("reviews/train", batch_size=64)
        layer = layers.TextVectorization(max_tokens=20000, output_sequence_length=500)
        layer.adapt(train.map(lambda text, label: text))
        model.fit(train.map(lambda text, label: (layer(text), label)))
    """
    choice(format, "format", ("tf", "grain"))
    most = None if max_length is None else whole(max_length, "max_length", 0)
    return datasets_of_files(
        directory,
        (".txt",),
        partial(_read, most=most),
        labels=labels,
        label_mode=label_mode,
        class_names=class_names,
        batch_size=batch_size,
        shuffle=shuffle,
        seed=seed,
        validation_split=validation_split,
        subset=subset,
        follow_links=follow_links,
        verbose=verbose,
    )


def _read(path, most) -> np.ndarray:
    """A file's bytes as an array () of one string."""
    with open(path, "rb") as file:
        return objects([file.read(-1 if most is None else most)], ())
