"""Models, and the training loop."""

from pyconv.layers.core import Input
from pyconv.models.cloning import clone_model
from pyconv.models.model import Model
from pyconv.models.sequential import Sequential
from pyconv.saving.model_files import load_model, model_from_json, save_model

__all__ = [
    "Input",
    "Model",
    "Sequential",
    "clone_model",
    "load_model",
    "model_from_json",
    "save_model",
]
