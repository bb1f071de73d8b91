"""Data sets of image files."""

from __future__ import annotations

import os
from contextlib import closing
from functools import partial

import numpy as np

from pyconv.config.defaults import standardize_data_format
from pyconv.data.ahead import ahead, threads
from pyconv.data.dataset import Dataset
from pyconv.data.directories import check_split, index_directory, part
from pyconv.data.image_files import MODES, img_to_array, load_img
from pyconv.data.image_sizes import cropped, padded, resized
from pyconv.ops.resampling import INTERPOLATIONS
from pyconv.utils.arguments import choice

FORMATS = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
LABEL_MODES = ("int", "categorical", "binary", None)


def image_dataset_from_directory(
    directory,
    labels="inferred",
    label_mode="int",
    class_names=None,
    color_mode="rgb",
    batch_size=32,
    image_size=(256, 256),
    shuffle=True,
    seed=None,
    validation_split=None,
    subset=None,
    interpolation="bilinear",
    follow_links=False,
    crop_to_aspect_ratio=False,
    pad_to_aspect_ratio=False,
    data_format=None,
    format="tf",
    verbose=True,
):
    """Batches of the images in a folder whose subfolders are the classes.

    Files are listed, shuffled and split as Keras does it for the same seed. Images are read by
    Pillow when a batch is asked for, several at a time.

    Args:
        directory: the folder.
        labels: "inferred" from the subfolders; None for images alone; or an integer for each file,
            in the order of their paths.
        label_mode: "int", "categorical" (one-hot rows), "binary" (columns of 0.0 and 1.0) or None.
        class_names: the subfolders in the order of their numbers; by default all, sorted.
        color_mode: "grayscale", "rgb" or "rgba".
        batch_size: images of a batch; None for single images.
        image_size: (height, width) that all images are brought to.
        shuffle: whether each pass has an order of its own, and the split a random one.
        seed: of that order; needed for a random split.
        validation_split: the part of the files that is for validation.
        subset: "training", "validation" or "both"; with validation_split.
        interpolation: "nearest", "bilinear", "bicubic", "lanczos3" or "lanczos5".
        follow_links: whether linked folders are visited.
        crop_to_aspect_ratio: whether the largest part with the aspect ratio is taken.
        pad_to_aspect_ratio: whether zeros make up for another aspect ratio.
        data_format: "channels_last" or "channels_first".
        format: accepted for Keras' sake.
        verbose: whether numbers of files and classes are shown.

    Returns:
        A `Dataset` of float32 images from 0 to 255 (uint8 for "nearest"), or of pairs (images,
        labels), with the attributes `class_names` and `file_paths`; a list of two for "both".

    Raises:
        ValueError: arguments that do not fit together, or no images.

    Example (no doctest, it needs files):
        train, val = image_dataset_from_directory(
            "flowers", validation_split=0.2, subset="both", seed=1, image_size=(180, 180)
        )
        model.fit(train, validation_data=val)
    """
    check_labels(labels, label_mode)
    if labels is None or label_mode is None:
        labels = label_mode = None
    choice(color_mode, "color_mode", tuple(MODES))
    check_split(validation_split, subset, shuffle, seed)
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError("expected to crop or to pad to the aspect ratio, received both")
    read = partial(
        read_image,
        color_mode=color_mode,
        size=(image_size,) * 2 if isinstance(image_size, int) else tuple(image_size),
        interpolation=choice(interpolation, "interpolation", INTERPOLATIONS),
        fit=cropped if crop_to_aspect_ratio else padded if pad_to_aspect_ratio else None,
        first=standardize_data_format(data_format) == "channels_first",
    )
    seed = np.random.randint(1e6) if seed is None else seed
    paths, labels, class_names = index_directory(
        directory, labels, FORMATS, class_names, shuffle, seed, follow_links, verbose
    )
    if label_mode == "binary" and len(class_names) != 2:
        raise ValueError(f"expected two classes for binary labels, received {class_names}")
    wanted = ("training", "validation") if subset == "both" else (subset,)
    sets = []
    for name in wanted:
        files, numbers = part(paths, labels, validation_split, name)
        if not files:
            raise ValueError(f"expected images ({', '.join(FORMATS)}) in {directory}, found none")
        targets = encoded(numbers, label_mode, class_names)
        mixes = shuffle and not (subset == "both" and name == "validation")
        data = _of_files(files, targets, read, batch_size, seed if mixes else None)
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


def read_image(path, color_mode, size, interpolation, fit, first):
    """The pixels of a file in a size."""
    image = img_to_array(load_img(path, color_mode), "channels_last", "uint8")
    if fit is padded:
        image = padded(image, size, interpolation)
    else:
        image = resized(image if fit is None else fit(image, size), size, interpolation)
    return image.transpose(2, 0, 1) if first else image


def _of_files(paths, targets, read, batch_size, seed):
    """The data set; each pass has an order of its own where there is a seed."""
    generator = None if seed is None else np.random.default_rng(seed)
    size = batch_size or 1

    def batches():
        order = np.arange(len(paths)) if generator is None else generator.permutation(len(paths))
        calls = (partial(read, paths[i]) for i in order)
        workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
        with closing(ahead(threads(workers), calls, max(size, workers))) as images:
            for start in range(0, len(order), size):
                rows = order[start : start + size]
                x = np.stack([next(images) for _ in rows])
                batch = x if targets is None else (x, targets[rows])
                yield batch if batch_size else _only(batch)

    return Dataset(batches, -(-len(paths) // size))


def _only(batch):
    return tuple(part[0] for part in batch) if isinstance(batch, tuple) else batch[0]
