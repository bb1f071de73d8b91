"""Models, and the training loop."""

from pyconv.layers.core import Input
from pyconv.models.model import Model
from pyconv.models.sequential import Sequential

__all__ = ["Input", "Model", "Sequential"]
