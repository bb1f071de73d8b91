"""Reading .npz files of data sets, which come from elsewhere and are checked."""

from pathlib import Path

import numpy as np

KEYS = ("x_train", "y_train", "x_test", "y_test")


def read_splits(path, example_shape):
    """The two splits of an .npz file with the arrays x_train, y_train, x_test and y_test.

    Nothing in the file is executed: arrays of Python objects are refused.

    Args:
        path: the file.
        example_shape: expected shape of one example; None stands for any length of that axis.

    Returns:
        (x_train, y_train), (x_test, y_test), in the dtypes of the file.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is no .npz archive, or an array is missing or of another shape.
    """
    arrays = _read(Path(path))
    for split in ("train", "test"):
        _check(path, split, arrays["x_" + split], arrays["y_" + split], tuple(example_shape))
    return (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])


def _read(path):
    """The four arrays by name."""
    import zipfile  # 3 ms, which `import pyconv` need not take

    if not path.is_file():
        raise FileNotFoundError(f"expected an .npz file at {path}, found none; check `path`")
    if not zipfile.is_zipfile(path):
        raise ValueError(
            f"expected an .npz archive, received {path}, which is none; see numpy.savez"
        )
    with np.load(path, allow_pickle=False) as archive:
        missing = [key for key in KEYS if key not in archive]
        if missing:
            raise ValueError(
                f"expected the arrays {', '.join(KEYS)} in {path}, missing {', '.join(missing)};"
                f" it has {', '.join(archive.files) or 'none'}"
            )
        try:
            return {key: archive[key] for key in KEYS}
        except (ValueError, zipfile.BadZipFile) as error:
            raise ValueError(
                f"expected numeric arrays in {path}, could not read them: {error}"
            ) from error


def _check(path, split, x, y, example_shape):
    """Raises unless x holds examples of this shape and y one class number for each."""
    fits = x.ndim == 1 + len(example_shape) and all(
        want in (None, size) for want, size in zip(example_shape, x.shape[1:], strict=True)
    )
    if not fits:
        wanted = ", ".join(str(size or "any") for size in ("n", *example_shape))
        raise ValueError(f"expected x_{split} of shape ({wanted}) in {path}, received {x.shape}")
    if x.dtype.kind not in "fiu" or y.dtype.kind not in "iu":
        raise ValueError(
            f"expected numbers in x_{split} and integers in y_{split} of {path},"
            f" received {x.dtype} and {y.dtype}"
        )
    if y.shape != x.shape[:1]:
        raise ValueError(
            f"expected y_{split} of shape ({len(x)},) in {path}, one class for each example,"
            f" received {y.shape}"
        )
