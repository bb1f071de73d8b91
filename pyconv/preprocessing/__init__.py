"""Keras' older names of functions of `pyconv.utils`."""

from pyconv.utils.lazy import exports

__all__, __getattr__, __dir__ = exports(
    __name__,
    {
        ".data.image_directory": "image_dataset_from_directory",
        ".data.text_directory": "text_dataset_from_directory",
        ".data.windows": "timeseries_dataset_from_array",
    },
    packages="image sequence",
)
