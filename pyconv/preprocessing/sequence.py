"""Keras' older name of a function of sequences."""

from pyconv.data.sequences import pad_sequences

__all__ = ["pad_sequences"]
