"""What lookups of strings and of integers share."""

from __future__ import annotations

import numpy as np

from pyconv.layers.features.categories import (
    VECTOR_MODES,
    category_mode,
    encoded_array,
    encoded_shape,
)
from pyconv.layers.features.vocabulary import TokenCounts
from pyconv.layers.features.vocabulary_layer import VocabularyLayer
from pyconv.utils.arguments import choice, expect_none, whole
from pyconv.utils.fingerprints import farm_fingerprint, sip_hash

MODES = ("int", *VECTOR_MODES, "tf_idf")

#: The place of a mask where places are counted: out of any range.
_DROPPED = np.iinfo("int64").max


class IndexLookup(VocabularyLayer):
    """Tokens as their places in a vocabulary: the base of `StringLookup` and `IntegerLookup`.

    A subclass defines `converted` and what `VocabularyLayer` asks for.
    """

    config_omits = ("vocabulary", "idf_weights", "has_input_vocabulary")

    def __init__(
        self,
        max_tokens,
        num_oov_indices,
        mask_token,
        oov_token,
        vocabulary_dtype,
        vocabulary=None,
        idf_weights=None,
        invert=False,
        output_mode="int",
        sparse=False,
        pad_to_max_tokens=False,
        oov_method="floormod",
        name=None,
        salt=None,
        vocabulary_size=None,
        has_input_vocabulary=None,
        trainable=True,
        dtype=None,
    ):
        super().__init__(name=name)
        expect_none(sparse=sparse or None)
        self.max_tokens = None if max_tokens is None else whole(max_tokens, "max_tokens", 2)
        self.num_oov_indices = whole(num_oov_indices, "num_oov_indices", 0)
        self.output_mode = category_mode(output_mode, MODES)
        self.oov_method = choice(oov_method, "oov_method", ("floormod", "farmhash"))
        self.mask_token, self.oov_token = mask_token, oov_token
        self.vocabulary_dtype = vocabulary_dtype
        self.invert, self.sparse, self.pad_to_max_tokens = invert, False, pad_to_max_tokens
        self.salt = as_key(salt)
        self.dtype = self.compute_dtype = self.variable_dtype = vocabulary_dtype
        self._check_arguments(idf_weights)
        self.input_vocabulary = None if isinstance(vocabulary, str) else vocabulary
        self.input_idf_weights = idf_weights
        given = vocabulary is not None
        self._is_given = given if has_input_vocabulary is None else has_input_vocabulary
        self._frozen_size = vocabulary_size
        self._vocabulary = None
        self._counts = TokenCounts()
        self.idf_weights = None
        if given:
            self.set_vocabulary(vocabulary, idf_weights)

    def _check_arguments(self, idf_weights):
        """Raises ValueError where arguments do not go together."""
        if self.pad_to_max_tokens and self.max_tokens is None:
            raise ValueError("expected `max_tokens` with pad_to_max_tokens=True, received None")
        if self.invert and self.output_mode != "int":
            raise ValueError(
                f"expected output_mode='int' with invert=True, received {self.output_mode!r}"
            )
        if idf_weights is not None and self.output_mode != "tf_idf":
            raise ValueError(
                "expected `idf_weights` with output_mode='tf_idf' only, received "
                f"output_mode={self.output_mode!r}"
            )
        integers = self.vocabulary_dtype != "string"
        if self.salt is not None and integers and self.oov_method != "farmhash":
            raise ValueError("expected `salt` with oov_method='farmhash' only, received 'floormod'")

    # Calling

    def compute(self, inputs):
        if self.invert:
            keys = self._known.at(inputs.ravel().tolist(), *self.keys([self.oov_token]))
            masked = self.mask_token is not None
            mask = self.keys([self.mask_token])[0] if masked else None
            flat = zip(inputs.ravel().tolist(), keys, strict=True)
            keys = [mask if masked and place == 0 else key for place, key in flat]
            return self.inverted(keys, inputs.shape)
        return self.encoded(self.places(inputs.ravel().tolist()).reshape(inputs.shape))

    def places(self, tokens) -> np.ndarray:
        """The places of a list of kept tokens."""
        places = self._known.places(tokens)
        mask = self.keys([self.mask_token])[0] if self.mask_token is not None else None
        for i in np.flatnonzero(places < 0):
            if mask is not None and tokens[i] == mask:
                places[i] = 0 if self.output_mode == "int" else _DROPPED
            else:
                places[i] = self._oov_start + self._bucket(tokens[i])
        return places

    def _bucket(self, token) -> int:
        """Which of the places for unknown tokens one has."""
        if self.num_oov_indices == 1:
            return 0
        if self.num_oov_indices == 0:
            raise ValueError(
                f"layer {self.name}: expected tokens of the vocabulary, received "
                f"{self.words([token])[0]!r}; pass num_oov_indices=1"
            )
        if not isinstance(token, bytes):
            if self.oov_method == "floormod":
                return token % self.num_oov_indices
            token = str(token).encode()
        hashed = farm_fingerprint(token) if self.salt is None else sip_hash(token, self.salt)
        return hashed % self.num_oov_indices

    def encoded(self, places):
        """Places in the form of the output mode."""
        if self.output_mode == "int":
            return places
        if self.output_mode == "tf_idf":
            return encoded_array(places, "count", self._depth).astype("float32") * self.idf_weights
        return encoded_array(places, self.output_mode, self._depth)

    @property
    def array_dtype(self):
        """That of the outputs."""
        if self.invert:
            return self.vocabulary_dtype
        return "float32" if self.output_mode == "tf_idf" else "int64"

    @property
    def symbolic_dtype(self):
        """That of the outputs in models."""
        if self.array_dtype == "string":
            return "string"
        return "int32" if self.output_mode == "int" else "float32"

    def compute_output_shape(self, input_shape):
        shape = tuple(input_shape)
        if self.output_mode == "int":
            return shape
        if self._depth is None:
            raise RuntimeError(
                f"layer {self.name}: expected a vocabulary ahead of the model, whose shapes depend "
                "on it; call adapt(data), or pass `vocabulary`"
            )
        return encoded_shape(shape, self.output_mode, self._depth)

    # Configs and files

    def get_config(self):
        config = {
            "vocabulary_size": self._frozen_size,
            "vocabulary": _plain(self.input_vocabulary),
            "idf_weights": _plain(self.input_idf_weights),
            "oov_method": self.oov_method,
        }
        return {**super().get_config(), **config}

    @classmethod
    def from_config(cls, config):
        """The layer that `get_config` described, which has no paths of vocabularies."""
        refuse_paths(config)
        return cls(**config)

    def get_build_config(self):
        return {}

    def build_from_config(self, config):
        self.built = True


def refuse_paths(config) -> None:
    """Raises ValueError where a config names a file of a vocabulary: files read no others."""
    if isinstance(config.get("vocabulary"), str):
        raise ValueError(
            f"expected tokens in a config, received the file {config['vocabulary']!r}; call "
            "set_vocabulary(path) on the layer"
        )


def as_key(salt):
    """Two integers of a salt, one or two, or None."""
    if isinstance(salt, (tuple, list)) and len(salt) == 2:
        return list(salt)
    if salt is not None and not isinstance(salt, int):
        raise ValueError(f"expected `salt` as an integer or two of them, received {salt!r}")
    return None if salt is None else [salt, salt]


def _plain(values):
    """A list of an array or of what NumPy reads as one; None stays."""
    return values if values is None or isinstance(values, list) else np.asarray(values).tolist()
