"""Data sets of image files."""

from __future__ import annotations

from functools import partial

from pyconv.config.defaults import standardize_data_format
from pyconv.data.file_datasets import datasets_of_files
from pyconv.data.image_files import MODES, img_to_array, load_img
from pyconv.data.image_sizes import cropped, padded, resized
from pyconv.ops.resampling import INTERPOLATIONS
from pyconv.utils.arguments import choice

FORMATS = (".bmp", ".gif", ".jpeg", ".jpg", ".png")


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
    choice(color_mode, "color_mode", tuple(MODES))
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
    return datasets_of_files(
        directory,
        FORMATS,
        read,
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


def read_image(path, color_mode, size, interpolation, fit, first):
    """The pixels of a file in a size."""
    image = img_to_array(load_img(path, color_mode), "channels_last", "uint8")
    if fit is padded:
        image = padded(image, size, interpolation)
    else:
        image = resized(image if fit is None else fit(image, size), size, interpolation)
    return image.transpose(2, 0, 1) if first else image
