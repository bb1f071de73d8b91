"""Tables of data as vectors: a layer for each column, crosses of columns, all of them joined."""

from __future__ import annotations

import sys

import numpy as np

from pyconv.graph import Tensor
from pyconv.layers.core import Input
from pyconv.layers.features.categories import CategoryEncoding
from pyconv.layers.features.columns import (
    Cross,
    Feature,
    Kinds,
    TFDConcat,
    known_feature,
    part_of_config,
)
from pyconv.layers.features.hashing import HashedCrossing
from pyconv.layers.features.tensorflow_graph import in_tensorflow_graph, space_through_tensorflow
from pyconv.layers.layer import Layer
from pyconv.utils.arguments import choice
from pyconv.utils.nest import map_structure


class FeatureSpace(Kinds, Layer):
    """Named columns of numbers, categories and texts as one vector, or as a vector for each.

    Args:
        features: dict from a column's name to what it is: "float", "float_normalized",
            "float_rescaled", "float_discretized", "integer_categorical", "string_categorical",
            "integer_hashed", "string_hashed", or what the class methods of these names return.
        output_mode: "concat": one vector, the columns in order of their names, then the crosses;
            "dict": each by its name.
        crosses: tuples of names of columns whose values are hashed together, or what `cross`
            returns.
        crossing_dim: bins of a cross that does not say.
        hashing_dim: bins of "integer_hashed" and "string_hashed".
        num_discretization_bins: bins of "float_discretized".
        name: the layer's name.

    Returns:
        Called on a dict of arrays or lists, (n,) or (n, 1), or of single values: arrays (n, size),
        of single values (size,). `Dataset.map` takes it, TensorFlow's too.

    Raises:
        ValueError: an argument is unknown, or a call before `adapt`.

    Attributes:
        preprocessors, crossers, one_hot_encoders: the layers, by the names of columns and crosses.

    Example:
        >>> space = FeatureSpace({"size": "float", "kind": "string_categorical"})
        >>> data = {"size": [0.5, 2.0], "kind": ["cat", "dog"]}
        >>> space.adapt(data)
        >>> space(data)
        array([[0. , 0. , 1. , 0.5],
               [0. , 1. , 0. , 2. ]], dtype=float32)
        >>> sorted(space.get_inputs()), space.get_encoded_features().shape
        (['kind', 'size'], (None, 4))
    """

    def __init__(
        self,
        features,
        output_mode="concat",
        crosses=None,
        crossing_dim=32,
        hashing_dim=32,
        num_discretization_bins=32,
        name=None,
    ):
        super().__init__(name=name)
        if not features:
            raise ValueError(f"expected `features` as a dict of columns, received {features!r}")
        self.output_mode = choice(output_mode, "output_mode", ("dict", "concat"))
        self.crossing_dim = crossing_dim
        self.hashing_dim = hashing_dim
        self.num_discretization_bins = num_discretization_bins
        self.features = {key: self._feature(key, value) for key, value in features.items()}
        self.crosses = [self._cross(cross) for cross in crosses or ()]
        self.crosses_by_name = {cross.name: cross for cross in self.crosses}
        self.inputs = {
            key: Input((1,), dtype=feature.dtype, name=key)
            for key, feature in self.features.items()
        }
        self.preprocessors = {key: value.preprocessor for key, value in self.features.items()}
        self.crossers = {
            cross.name: HashedCrossing(cross.crossing_dim, name=cross.name)
            for cross in self.crosses
        }
        self.one_hot_encoders = {}
        self.concat = None
        self.encoded_features = None
        self._is_adapted = False

    # Columns and crosses

    def _feature(self, key, given):
        """The `Feature` of a column that is one, its config or the name of what it is."""
        if isinstance(given, Feature):
            return given
        if isinstance(given, dict):
            return part_of_config(given)
        sizes = {
            "float_discretized": {"num_bins": self.num_discretization_bins},
            "integer_hashed": {"num_bins": self.hashing_dim},
            "string_hashed": {"num_bins": self.hashing_dim},
        }
        return known_feature(given, key, **sizes.get(given, {}))

    def _cross(self, given):
        given = part_of_config(given) if isinstance(given, dict) else given
        if isinstance(given, Cross):
            return given
        unknown = [key for key in given if key not in self.features]
        if unknown or not self.crossing_dim:
            raise ValueError(
                f"expected `crosses` of names in `features`, and `crossing_dim`, received "
                f"{given!r} and crossing_dim={self.crossing_dim!r}"
            )
        return Cross(given, self.crossing_dim)

    # What data tells

    def adapt(self, dataset):
        """Makes vocabularies, means and boundaries.

        Args:
            dataset: a dict of arrays or lists, or a `Dataset` of dicts, of TensorFlow too.
        """
        from pyconv.data.dataset import Dataset

        if isinstance(dataset, dict):
            dataset = Dataset.from_tensor_slices(dataset)
        if isinstance(dataset, (list, tuple, np.ndarray)) or not hasattr(dataset, "__iter__"):
            raise ValueError(
                "expected `adapt` of a Dataset or a dict of arrays or lists, received "
                f"{type(dataset).__name__}"
            )
        for key in self._adaptable():
            self.preprocessors[key].adapt(_batches(dataset, key))
        self._is_adapted = True
        self.get_encoded_features()
        self.built = True

    def _adaptable(self):
        """The names of columns that need `adapt`."""
        return [
            key
            for key, layer in self.preprocessors.items()
            if hasattr(layer, "adapt") and not _knows_its_data(layer)
        ]

    def _check_adapted(self):
        if not self._is_adapted and self._adaptable():
            raise ValueError(f"layer {self.name}: expected `adapt(dataset)` before it is used")
        self._is_adapted = True

    # Symbolic ends, for models

    def get_inputs(self):
        """The symbolic inputs, a dict by column."""
        self.get_encoded_features()
        return self.inputs

    def get_encoded_features(self):
        """What comes of the symbolic inputs: one tensor, or a dict of them."""
        self._check_adapted()
        if self.encoded_features is None:
            self.encoded_features = self._encoded(self.inputs)
        return self.encoded_features

    # Calls

    def __call__(self, data):
        """The encoded data: an array, or a dict of arrays."""
        self.get_encoded_features()
        if not isinstance(data, dict):
            raise ValueError(
                f"layer {self.name}: expected a dict of columns, received {data!r} of type "
                f"{type(data).__name__}"
            )
        if data.keys() != self.features.keys():
            raise ValueError(
                f"layer {self.name}: expected the columns {sorted(self.features)}, received "
                f"{sorted(data)}; pass just these"
            )
        if in_tensorflow_graph(data):
            return space_through_tensorflow(self, data)
        if any(isinstance(x, Tensor) for x in data.values()):
            return self._encoded(data)
        data = {key: _array(value) for key, value in data.items()}
        single = any(x.ndim == 0 for x in data.values())
        outputs = self._encoded({key: _column(x) for key, x in data.items()})
        return map_structure(_row, outputs) if single else outputs

    def _encoded(self, data):
        columns = {key: self.preprocessors[key](value) for key, value in data.items()}
        crosses = {
            cross.name: self.crossers[cross.name]([columns[key] for key in cross.feature_names])
            for cross in self.crosses
        }
        parts = {key: columns[key] for key in sorted(columns)}
        parts |= {key: crosses[key] for key in sorted(crosses)}
        parts = {key: self._one_hot(key, part) for key, part in parts.items()}
        if self.output_mode == "dict":
            return parts
        self._check_encoded(parts)
        self.concat = self.concat or TFDConcat(axis=-1)
        return self.concat(list(parts.values()))

    def _one_hot(self, key, part):
        """A column or cross as a vector, if it is to be one."""
        spec = self.features.get(key) or self.crosses_by_name[key]
        if spec.output_mode != "one_hot":
            return part
        if key not in self.one_hot_encoders:
            layer = self.preprocessors.get(key) or self.crossers[key]
            self.one_hot_encoders[key] = CategoryEncoding(_cardinality(key, layer, part))
        return self.one_hot_encoders[key](part)

    def _check_encoded(self, parts):
        for key, part in parts.items():
            dtype = str(part.dtype)
            if dtype.startswith("int") or dtype == "string":
                raise ValueError(
                    f"expected numbers or one-hot vectors to concatenate, received {key!r} as "
                    f"{dtype}; use output_mode='dict', or encode it"
                )

    # Files

    def get_config(self):
        """The constructor's arguments as plain data."""
        from pyconv.saving import serialize_keras_object

        return {
            "features": serialize_keras_object(self.features),
            "output_mode": self.output_mode,
            "crosses": serialize_keras_object(self.crosses),
            "crossing_dim": self.crossing_dim,
            "hashing_dim": self.hashing_dim,
            "num_discretization_bins": self.num_discretization_bins,
        }

    def get_build_config(self):
        """What the layers of the columns were built for."""
        return {key: layer.get_build_config() or {} for key, layer in self.preprocessors.items()}

    def build_from_config(self, config):
        """Builds the layers of the columns."""
        for key, shapes in config.items():
            if shapes and not self.preprocessors[key].built:
                self.preprocessors[key].build_from_config(shapes)
        self._is_adapted = True

    def save(self, filepath):
        """Writes a ".keras" file, which `saving.load_model` reads."""
        from pyconv.saving import save_model

        save_model(self, filepath)


def _knows_its_data(layer) -> bool:
    """Whether an adaptable layer was given what `adapt` would find."""
    return getattr(layer, "input_mean", None) is not None or getattr(layer, "_is_given", False)


def _cardinality(key, layer, part) -> int:
    """How many values a layer's integers have."""
    if not str(part.dtype).startswith("int"):
        raise ValueError(
            f"expected integers of feature {key!r}, for its output_mode is 'one_hot', received "
            f"{part.dtype}; give it another output_mode, or another layer"
        )
    if hasattr(layer, "vocabulary_size"):
        return layer.vocabulary_size()
    size = getattr(layer, "num_tokens", None) or getattr(layer, "num_bins", None)
    if size is None:
        raise ValueError(
            f"expected a layer of feature {key!r} that says how many values there are, received "
            f"{type(layer).__name__}; use output_mode='int'"
        )
    return size


def _batches(dataset, key):
    """The values of a column in batches (n, 1); single ones by 32."""
    single = []
    for element in dataset:
        value = _array(element[key])
        if value.ndim:
            yield _column(value)
            continue
        single.append(value)
        if len(single) == 32:
            yield np.stack(single)[:, None]
            single = []
    if single:
        yield np.stack(single)[:, None]


def _array(value):
    """What a user passed as an array of numbers or of objects, for strings."""
    if "tensorflow" in sys.modules and hasattr(value, "numpy"):
        value = value.numpy()
    array = np.asarray(value)
    return array.astype("float32") if array.dtype == np.float64 else array


def _column(array):
    """(n, 1) of n values, (1, 1) of one; what has more axes as it is."""
    if array.ndim == 0:
        return array.reshape(1, 1)
    return array[:, None] if array.ndim == 1 else array


def _row(array):
    """The only row of a matrix."""
    return array[0] if array.ndim == 2 and len(array) == 1 else array
