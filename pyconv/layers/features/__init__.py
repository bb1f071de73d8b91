"""Layers that make numbers of texts and categories, and numbers of a better scale."""
