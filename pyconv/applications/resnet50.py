"""Keras' second name of `resnet`'s parts for ResNet50."""

from pyconv.applications.resnet import ResNet50, decode_predictions, preprocess_input

__all__ = ["ResNet50", "decode_predictions", "preprocess_input"]
