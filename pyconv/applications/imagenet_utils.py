"""Keras' name of `imagenet`."""

from pyconv.applications.imagenet import decode_predictions, preprocess_input

__all__ = ["decode_predictions", "preprocess_input"]
