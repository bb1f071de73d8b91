"""What the columns of a `FeatureSpace` are, and what joins them."""

from __future__ import annotations

from pyconv import ops
from pyconv.layers.features.data_layer import DataLayer
from pyconv.layers.features.discretization import Discretization
from pyconv.layers.features.hashing import Hashing
from pyconv.layers.features.lookup import IntegerLookup, StringLookup
from pyconv.layers.features.preprocessing import Normalization, Rescaling
from pyconv.utils.arguments import choice
from pyconv.utils.naming import unique_name


class Cross:
    """Columns whose values are hashed together.

    Args:
        feature_names: the columns' names.
        crossing_dim: how many bins there are.
        output_mode: "one_hot" or "int".
    """

    def __init__(self, feature_names, crossing_dim, output_mode="one_hot"):
        self.feature_names = tuple(feature_names)
        self.crossing_dim = crossing_dim
        self.output_mode = choice(output_mode, "output_mode", ("int", "one_hot"))

    @property
    def name(self):
        """The columns' names, joined."""
        return "_X_".join(self.feature_names)

    def get_config(self):
        """The constructor's arguments."""
        return dict(vars(self))

    @classmethod
    def from_config(cls, config):
        """The cross that `get_config` described."""
        return cls(**config)


class Feature:
    """A column of a dtype, the layer that it goes through, and what becomes of the result.

    Args:
        dtype: of the column: "float32", "int32" or "string".
        preprocessor: a layer, or its config.
        output_mode: "one_hot", "int" or "float": the last two leave the result as it is.
    """

    def __init__(self, dtype, preprocessor, output_mode):
        self.dtype = dtype
        self.preprocessor = (
            part_of_config(preprocessor) if isinstance(preprocessor, dict) else preprocessor
        )
        self.output_mode = choice(output_mode, "output_mode", ("int", "one_hot", "float"))

    def get_config(self):
        """The constructor's arguments as plain data."""
        from pyconv.saving import serialize_keras_object

        return {**vars(self), "preprocessor": serialize_keras_object(self.preprocessor)}

    @classmethod
    def from_config(cls, config):
        """The feature that `get_config` described."""
        return cls(**config)


class TFDIdentity(DataLayer):
    """The numbers as they are, as float32."""

    def call(self, inputs):
        return ops.cast(inputs, "float32")

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)


class TFDConcat(DataLayer):
    """All columns behind one another.

    Args:
        axis: along which.
    """

    def __init__(self, axis, **kwargs):
        super().__init__(**kwargs)
        self.axis = axis

    def __call__(self, inputs):
        return super(DataLayer, self).__call__(inputs)

    def call(self, inputs):
        return ops.concatenate([ops.cast(x, "float32") for x in inputs], self.axis)


#: Kinds of columns by name: dtype, layer.
_KINDS = {
    "float": ("float32", TFDIdentity),
    "float_rescaled": ("float32", Rescaling),
    "float_normalized": ("float32", Normalization),
    "float_discretized": ("float32", Discretization),
    "integer_categorical": ("int32", IntegerLookup),
    "string_categorical": ("string", StringLookup),
    "integer_hashed": ("int32", Hashing),
    "string_hashed": ("string", Hashing),
}


def known_feature(kind, name=None, output_mode="one_hot", **arguments) -> Feature:
    """A column of one of Keras' kinds.

    Args:
        kind: its name.
        name: the name of the layer begins with it; by default the kind's, counted.
        output_mode: what becomes of categories.
        **arguments: of the layer.

    Raises:
        ValueError: no such kind.
    """
    dtype, layer = _KINDS[choice(kind, "features", tuple(_KINDS))]
    if kind == "float_rescaled":
        arguments = {"scale": 1.0, **arguments}
    preprocessor = layer(name=f"{name or unique_name(kind)}_preprocessor", **arguments)
    plain = kind in ("float", "float_rescaled", "float_normalized")
    return Feature(dtype, preprocessor, "float" if plain else output_mode)


def part_of_config(config: dict):
    """A feature, cross or layer from plain data."""
    from pyconv.saving import deserialize_keras_object

    return deserialize_keras_object(config)


class Kinds:
    """The part of `FeatureSpace` that says what a column may be."""

    @classmethod
    def cross(cls, feature_names, crossing_dim, output_mode="one_hot"):
        """Columns hashed together into `crossing_dim` bins; output_mode: "one_hot" or "int"."""
        return Cross(feature_names, crossing_dim, output_mode)

    @classmethod
    def feature(cls, dtype, preprocessor, output_mode):
        """A column of a dtype that goes through a layer; output_mode: "float", "int", "one_hot"."""
        return Feature(dtype, preprocessor, output_mode)

    @classmethod
    def float(cls, name=None):
        """Numbers as they are."""
        return known_feature("float", name)

    @classmethod
    def float_rescaled(cls, scale=1.0, offset=0.0, name=None):
        """x * scale + offset."""
        return known_feature("float_rescaled", name, scale=scale, offset=offset)

    @classmethod
    def float_normalized(cls, name=None):
        """(x - mean) / deviation, both found by `adapt`."""
        return known_feature("float_normalized", name)

    @classmethod
    def float_discretized(cls, num_bins, bin_boundaries=None, output_mode="one_hot", name=None):
        """The interval that a number is in: of `num_bins` with equally many numbers."""
        further = {"num_bins": num_bins, "bin_boundaries": bin_boundaries}
        return known_feature("float_discretized", name, output_mode, **further)

    @classmethod
    def integer_categorical(
        cls, max_tokens=None, num_oov_indices=1, output_mode="one_hot", name=None
    ):
        """Integers by their places in the vocabulary that `adapt` makes."""
        further = {"max_tokens": max_tokens, "num_oov_indices": num_oov_indices}
        return known_feature("integer_categorical", name, output_mode, **further)

    @classmethod
    def string_categorical(
        cls, max_tokens=None, num_oov_indices=1, output_mode="one_hot", name=None
    ):
        """Strings by their places in the vocabulary that `adapt` makes."""
        further = {"max_tokens": max_tokens, "num_oov_indices": num_oov_indices}
        return known_feature("string_categorical", name, output_mode, **further)

    @classmethod
    def integer_hashed(cls, num_bins, output_mode="one_hot", name=None):
        """Integers hashed into bins."""
        return known_feature("integer_hashed", name, output_mode, num_bins=num_bins)

    @classmethod
    def string_hashed(cls, num_bins, output_mode="one_hot", name=None):
        """Strings hashed into bins."""
        return known_feature("string_hashed", name, output_mode, num_bins=num_bins)
