"""Strings and integers as bins of hashes."""

from __future__ import annotations

import numpy as np

from pyconv import dtype_policies
from pyconv.layers.features.array_layer import ArrayLayer
from pyconv.layers.features.categories import VECTOR_MODES, encoded_array, encoded_shape
from pyconv.layers.features.index_lookup import as_key
from pyconv.utils.arguments import choice, expect_none, whole
from pyconv.utils.fingerprints import farm_fingerprint, joined_fingerprint, sip_hash
from pyconv.utils.strings import as_strings, holds_strings

#: What TensorFlow begins the fingerprints of crossed features with.
_CROSSING_KEY = 0xDECAFCAFFE


class Hashing(ArrayLayer):
    """Strings or integers as bins, by a hash of the string or of the digits.

    The hash is TensorFlow's: FarmHash's fingerprint, or SipHash with a salt, modulo the bins.

    Args:
        num_bins: how many bins there are.
        mask_value: what has bin 0 alone; None: nothing.
        salt: one or two integers, for SipHash; None: FarmHash.
        output_mode: "int", "one_hot", "multi_hot" or "count", as in `StringLookup`.
        sparse: False.
        **kwargs: `dtype` ("int64" by default for "int", else "float32"; or "int32"), and others of
            `Layer`.

    Returns:
        Called on strings or numbers, of which fractions are cut off: an array of the dtype.

    Raises:
        ValueError: arguments that do not fit.

    Example:
        >>> Hashing(3)([["A"], ["B"], ["C"]])
        array([[1],
               [0],
               [1]])
    """

    def __init__(
        self, num_bins, mask_value=None, salt=None, output_mode="int", sparse=False, **kwargs
    ):
        dtype = kwargs.pop("dtype", None)
        super().__init__(**kwargs)
        expect_none(sparse=sparse or None)
        self.num_bins = whole(num_bins, "num_bins")
        self.mask_value = mask_value
        self.salt = as_key(salt)
        self.output_mode = choice(output_mode, "output_mode", ("int", *VECTOR_MODES))
        self.sparse = False
        _set_dtype(self, dtype)

    def converted(self, inputs):
        return as_strings(inputs) if holds_strings(inputs) else np.asarray(inputs)

    def compute(self, inputs):
        single = self.output_mode == "one_hot" and inputs.ndim and inputs.shape[-1] == 1
        inputs = inputs[..., 0] if single else inputs
        masked = self.mask_value is not None and self.num_bins > 1
        bins = self.num_bins - masked
        texts = _texts(inputs)
        hashed = {text: self._hash(text) % bins + masked for text in set(texts)}
        indices = np.array([hashed[text] for text in texts], "int64").reshape(inputs.shape)
        if masked:
            given = (
                self.mask_value.encode() if isinstance(self.mask_value, str) else self.mask_value
            )
            indices[inputs == given] = 0
        return _in_mode(self, indices)

    def _hash(self, text):
        return farm_fingerprint(text) if self.salt is None else sip_hash(text, self.salt)

    def compute_output_shape(self, input_shape):
        return _shape_in_mode(self, input_shape)


class HashedCrossing(ArrayLayer):
    """Two or more features, strings or integers, as a bin of a hash of all of them.

    The hash is TensorFlow's: joined fingerprints of FarmHash, of integers themselves.

    Args:
        num_bins: how many bins there are.
        output_mode: "int" or "one_hot".
        sparse: False.
        name: the layer's name.
        dtype: of the result, by default "int64" for "int", else "float32".

    Returns:
        Called on a list of features of one shape, (), (n,) or (n, 1): bins of this shape, or
        vectors.

    Raises:
        ValueError: arguments or features that do not fit.

    Example:
        >>> HashedCrossing(5)((["A", "B", "A"], [101, 101, 102]))
        array([1, 4, 3])
    """

    def __init__(self, num_bins, output_mode="int", sparse=False, name=None, dtype=None, **kwargs):
        super().__init__(name=name)
        expect_none(sparse=sparse or None)
        self.num_bins = whole(num_bins, "num_bins")
        self.output_mode = choice(output_mode, "output_mode", ("int", "one_hot"))
        self.sparse = False
        _set_dtype(self, dtype)

    def converted(self, inputs):
        if not isinstance(inputs, (list, tuple)) or len(inputs) < 2:
            raise ValueError(f"expected a list of at least two features, received {inputs!r}")
        features = [as_strings(x) if holds_strings(x) else np.asarray(x) for x in inputs]
        shapes = {x.shape for x in features}
        first = features[0].shape
        if len(shapes) > 1 or len(first) > 2 or (len(first) == 2 and first[-1] != 1):
            raise ValueError(
                f"expected features of one shape, (), (n,) or (n, 1), received {sorted(shapes)}"
            )
        if any(x.dtype.kind not in "iuO" for x in features):
            dtypes = [str(x.dtype) for x in features]
            raise ValueError(f"expected strings or integers, received features of dtypes {dtypes}")
        return features

    def compute(self, inputs):
        columns = [map(_fingerprint, x.ravel().tolist()) for x in inputs]
        crossed = [_crossed(row) % self.num_bins for row in zip(*columns, strict=True)]
        return _in_mode(self, np.array(crossed, "int64").reshape(inputs[0].shape))

    def compute_output_shape(self, input_shape):
        return _shape_in_mode(self, input_shape[0])

    def get_config(self):
        config = super().get_config()
        del config["trainable"]
        return {**config, "dtype": self.dtype}


def _set_dtype(layer, dtype):
    """Takes the dtype of the outputs: by default int64 for bins and float32 for vectors."""
    places = layer.output_mode == "int"
    policy = dtype_policies.get(dtype or ("int64" if places else "float32"), integers=True)
    integers = policy.name.startswith("int")
    if places and not integers:
        raise ValueError(
            f"expected `dtype` 'int64' or 'int32' with output_mode='int', received {policy.name!r}"
        )
    layer.symbolic_dtype = "int32" if integers else "float32"
    layer.dtype_policy = policy
    layer.dtype = layer.compute_dtype = layer.variable_dtype = layer.array_dtype = policy.name


def _in_mode(layer, indices):
    """Bins in the form of the layer's output mode."""
    if layer.output_mode != "int":
        indices = encoded_array(indices, layer.output_mode, layer.num_bins)
    return indices.astype(layer.dtype)


def _shape_in_mode(layer, shape):
    """The shape of what a layer makes of bins of a shape."""
    if layer.output_mode == "int":
        return tuple(shape)
    return encoded_shape(shape, layer.output_mode, layer.num_bins)


def _texts(array) -> list:
    """What is hashed: the strings, or the digits of integers."""
    if array.dtype.kind == "O":
        return array.ravel().tolist()
    return [str(number).encode() for number in array.astype("int64").ravel().tolist()]


def _fingerprint(value) -> int:
    return farm_fingerprint(value) if isinstance(value, bytes) else value % 2**64


def _crossed(fingerprints) -> int:
    joined = _CROSSING_KEY
    for fingerprint in fingerprints:
        joined = joined_fingerprint(joined, fingerprint)
    return joined
