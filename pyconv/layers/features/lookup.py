"""Strings and integers as their places in vocabularies."""

from __future__ import annotations

import numpy as np

from pyconv import ops
from pyconv.graph import Tensor
from pyconv.layers.features.categories import encoded
from pyconv.layers.features.index_lookup import IndexLookup
from pyconv.utils.strings import as_strings, objects

#: The largest integer up to which float32 has all.
_EXACT = 2**24


class StringLookup(IndexLookup):
    """Strings as their places in a vocabulary, or places as strings.

    Args:
        max_tokens: the most places; None: any number.
        num_oov_indices: places for strings that the vocabulary lacks, which are hashed to them.
        mask_token: the string of place 0 (output_mode="int"), or that does not count; None: none.
        oov_token: what inverted lookups return for other places.
        vocabulary: the strings, or the path of a file with one in each line; None: `adapt`.
        idf_weights: a weight for each, with output_mode="tf_idf".
        invert: whether places become strings.
        output_mode: "int": a place for each string; "one_hot": a vector for each; "multi_hot",
            "count": one for the strings of a row; "tf_idf": counts times weights.
        pad_to_max_tokens: whether vectors have `max_tokens` entries.
        sparse: False.
        encoding: of the strings; only `get_vocabulary` reads it.
        salt: one or two integers: unknown strings are hashed by SipHash; None: by FarmHash.

    Returns:
        Called on strings (bytes, arrays or lists of them): int64, for "tf_idf" float32; inverted,
        `bytes`, as TensorFlow has strings.

    Raises:
        ValueError: arguments that do not fit, or no vocabulary.

    Example:
        >>> layer = StringLookup(vocabulary=["a", "b"])
        >>> layer([["a", "z"], ["b", "b"]])
        array([[1, 0],
               [2, 2]])
    """

    def __init__(
        self,
        max_tokens=None,
        num_oov_indices=1,
        mask_token=None,
        oov_token="[UNK]",
        vocabulary=None,
        idf_weights=None,
        invert=False,
        output_mode="int",
        pad_to_max_tokens=False,
        sparse=False,
        encoding="utf-8",
        name=None,
        salt=None,
        **kwargs,
    ):
        self.encoding = encoding
        super().__init__(
            max_tokens,
            num_oov_indices,
            mask_token,
            oov_token,
            "string",
            vocabulary,
            idf_weights,
            invert,
            output_mode,
            sparse,
            pad_to_max_tokens,
            name=name,
            salt=salt,
            **kwargs,
        )

    def tokens_of(self, data):
        return as_strings(data)

    def converted(self, inputs):
        return _integers(inputs) if self.invert else as_strings(inputs)

    def keys(self, tokens):
        return as_strings(tokens if hasattr(tokens, "__array__") else list(tokens)).ravel().tolist()

    def words(self, keys):
        return [key.decode(self.encoding) for key in keys]

    def inverted(self, keys, shape):
        return objects(keys, shape)


class IntegerLookup(IndexLookup):
    """Integers as their places in a vocabulary, or places as integers.

    Deep within models it is exact for integers below 2^24, at their entrance for all.

    Args:
        max_tokens, num_oov_indices, mask_token, oov_token, vocabulary, idf_weights, invert,
            output_mode, sparse, pad_to_max_tokens, salt: as in `StringLookup`, for integers.
        vocabulary_dtype: "int64".
        oov_method: "floormod": unknown integers have places by their remainder; "farmhash": by a
            hash of their digits.

    Returns:
        Called on integers: int64, for "tf_idf" float32.

    Raises:
        ValueError: arguments that do not fit, or no vocabulary.

    Example:
        >>> layer = IntegerLookup()
        >>> layer.adapt([12, 12, 36])
        >>> layer([36, 12, 7])
        array([2, 1, 0])
    """

    def __init__(
        self,
        max_tokens=None,
        num_oov_indices=1,
        mask_token=None,
        oov_token=-1,
        vocabulary=None,
        vocabulary_dtype="int64",
        idf_weights=None,
        invert=False,
        output_mode="int",
        sparse=False,
        pad_to_max_tokens=False,
        oov_method="floormod",
        salt=None,
        name=None,
        **kwargs,
    ):
        if vocabulary_dtype != "int64":
            raise ValueError(f"expected vocabulary_dtype='int64', received {vocabulary_dtype!r}")
        super().__init__(
            max_tokens,
            num_oov_indices,
            mask_token,
            oov_token,
            vocabulary_dtype,
            vocabulary,
            idf_weights,
            invert,
            output_mode,
            sparse,
            pad_to_max_tokens,
            oov_method,
            name,
            salt,
            **kwargs,
        )

    def tokens_of(self, data):
        return _integers(data)

    def converted(self, inputs):
        return _integers(inputs)

    def keys(self, tokens):
        return _integers(tokens).ravel().tolist()

    def words(self, keys):
        return list(keys)

    def listed(self, words):
        return [int(word) for word in words]

    def inverted(self, keys, shape):
        return np.array(keys, "int64").reshape(shape)

    @property
    def in_plans(self):
        hashed = self.num_oov_indices > 1 and self.oov_method == "farmhash"
        if not self._vocabulary or hashed or self.num_oov_indices == 0:
            return False
        return all(abs(token) <= _EXACT for token in self._vocabulary.tokens)

    def call(self, inputs):
        if not (isinstance(inputs, Tensor) and self.in_plans):
            return super().call(inputs)
        numbers = ops.cast(inputs, "int32")
        places = self._inverted(numbers) if self.invert else self._places(numbers)
        if self.output_mode == "int":
            return places
        mode = "count" if self.output_mode == "tf_idf" else self.output_mode
        vectors = encoded(places, mode, self._depth)
        return vectors * self.idf_weights if self.output_mode == "tf_idf" else vectors

    def _places(self, numbers):
        """Symbolic places of symbolic integers."""
        tokens = np.array(self._vocabulary.tokens, "int32")
        own = np.arange(self._token_start, self._token_start + len(tokens))
        buckets = ops.mod(numbers, self.num_oov_indices) + self._oov_start
        places = _chosen(numbers, tokens, own, buckets)
        if self.mask_token is None:
            return places
        masked = 0 if self.output_mode == "int" else -1
        return ops.where(ops.equal(numbers, self.mask_token), masked, places)

    def _inverted(self, places):
        tokens = np.array(self._vocabulary.tokens, "int32")
        own = np.arange(self._token_start, self._token_start + len(tokens))
        numbers = _chosen(places, own, tokens, ops.full_like(places, self.oov_token))
        if self.mask_token is None:
            return numbers
        return ops.where(ops.equal(places, 0), self.mask_token, numbers)


def _chosen(numbers, given, values, otherwise):
    """values[i] where a number is given[i], else `otherwise`; int32."""
    hits = ops.cast(ops.equal(ops.expand_dims(numbers, -1), given), "float32")
    chosen = ops.sum(hits * values.astype("float32"), axis=-1)
    found = ops.max(hits, axis=-1)
    return ops.cast(ops.where(found > 0, chosen, ops.cast(otherwise, "float32")), "int32")


def _integers(value):
    """An int64 array; floats are cut off, as in TensorFlow."""
    array = np.asarray(value)
    if array.dtype.kind not in "iufb":
        raise TypeError(f"expected integers, received an array of dtype {array.dtype}")
    return array.astype("int64")
