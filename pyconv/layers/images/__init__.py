"""Layers that change images, their masks and their boxes; ahead of a model or in it."""
