"""What models do with files and configs."""

from __future__ import annotations

import inspect
import json
import warnings

from pyconv.layers.building import map_shapes
from pyconv.layers.config import config_of


class Saveable:
    """The methods of `Model` that describe it as plain data, and write and read files."""

    def save(self, filepath, overwrite=True, zipped=None, **kwargs):
        """Writes architecture, weights, what `compile` fixed and the optimizer's state.

        Args:
            filepath: ends with ".keras"; ".h5" is Keras' older format.
            overwrite: whether a file of this name may be replaced.
            zipped: None or True.
            **kwargs: `include_optimizer`, for ".h5".

        Raises:
            ValueError: a name that ends otherwise, or a file that must not be replaced.

        Example:
            >>> import os, tempfile
            >>> from pyconv import Input, Sequential, layers, saving
            >>> model = Sequential([Input((3,)), layers.Dense(2)])
            >>> path = os.path.join(tempfile.mkdtemp(), "model.keras")
            >>> model.save(path)
            >>> saving.load_model(path).count_params()
            8
        """
        from pyconv.saving import save_model

        save_model(self, filepath, overwrite, zipped, **kwargs)

    def save_weights(self, filepath, overwrite=True, max_shard_size=None):
        """Writes the weights, and the optimizer's state; see `saving.save_weights`."""
        from pyconv.saving import save_weights

        save_weights(self, filepath, overwrite, max_shard_size)

    def load_weights(self, filepath, skip_mismatch=False, **kwargs):
        """Sets the weights from a file; see `saving.load_weights`."""
        from pyconv.saving import load_weights

        load_weights(self, filepath, skip_mismatch, **kwargs)

    def to_json(self, **kwargs):
        """The architecture as a string, for `models.model_from_json`.

        Args:
            **kwargs: for `json.dumps`.
        """
        from pyconv.saving.encoding import serialize_shared

        return json.dumps(serialize_shared(self), **kwargs)

    def get_config(self):
        """The layers of a functional model and how they are called; of a subclass the
        constructor's arguments."""
        if self._network is None or not _made_of_ends(type(self)):
            from pyconv.models.model import Model

            return config_of(self, Model)
        from pyconv.saving.graph import graph_config

        return {"name": self.name, "trainable": self.trainable, **graph_config(self._network)}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """The model that `get_config` described, with new weights.

        Args:
            config: what it returned.
            custom_objects: dict from name to class or function of a user.
        """
        if not ({"name", "layers", "input_layers", "output_layers"} <= config.keys()):
            return cls(**config)
        if not _made_of_ends(cls):
            return cls(**config)
        from pyconv.saving import CustomObjectScope
        from pyconv.saving.graph import ends_of_graph
        from pyconv.saving.registration import scoped_objects

        with CustomObjectScope({**scoped_objects(), **(custom_objects or {})}):
            inputs, outputs = ends_of_graph(config)
        graph = ("layers", "input_layers", "output_layers", "trainable")
        others = {key: value for key, value in config.items() if key not in graph}
        model = cls(inputs=inputs, outputs=outputs, **others)
        model._trainable = config.get("trainable") is not False
        return model

    def get_build_config(self):
        """The shape that the model was built for, by which `build_from_config` builds it."""
        if self._network is not None:
            return {"input_shape": None}
        return super().get_build_config()

    def build_from_config(self, config):
        """Builds the model, for any number of examples, as `get_build_config` says."""
        shape = (config or {}).get("input_shape")
        if shape is not None:
            self.build(map_shapes(lambda sizes: (None, *sizes[1:]), shape))

    def get_compile_config(self):
        """The arguments of `compile` as plain data; empty before."""
        from pyconv.saving.encoding import serialize_dict

        return serialize_dict(self._compiled.arguments) if self._compiled else {}

    def compile_from_config(self, config):
        """Compiles the model as `get_compile_config` says."""
        from pyconv.models.trainer import Trainer
        from pyconv.saving import deserialize_keras_object

        if type(self).compile is not Trainer.compile:
            warnings.warn(
                f"model {self.name} is not compiled, since its class defines compile(); define "
                "get_compile_config() and compile_from_config(config) there, too",
                stacklevel=2,
            )
            return
        self.compile(**deserialize_keras_object(config))
        if self.built and hasattr(self.optimizer, "build"):
            self.optimizer.build(self.trainable_variables)


def _made_of_ends(cls: type) -> bool:
    """Whether the constructor of a class of models takes inputs and outputs, as `Model`'s."""
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    kinds = {parameter.kind for parameter in parameters}
    anything = inspect.Parameter.VAR_POSITIONAL in kinds and inspect.Parameter.VAR_KEYWORD in kinds
    return anything or [p.name for p in parameters][:2] == ["inputs", "outputs"]
