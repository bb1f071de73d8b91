"""What lookups of strings and of integers share."""

from __future__ import annotations

import os
from collections import Counter
from itertools import islice

import numpy as np

from pyconv.layers.array_layer import ArrayLayer
from pyconv.layers.categories import category_mode, encoded_array
from pyconv.layers.vocabulary import TokenCounts, Vocabulary
from pyconv.utils.arguments import choice, expect_none, whole
from pyconv.utils.fingerprints import farm_fingerprint, sip_hash

MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")

#: The place of a mask where places are counted: out of any range.
_DROPPED = np.iinfo("int64").max


class IndexLookup(ArrayLayer):
    """Tokens as their places in a vocabulary: the base of `StringLookup` and `IntegerLookup`.

    Places are those of the mask token (for output_mode="int"), of tokens that the vocabulary lacks,
    and of its own, in this order. A subclass defines `converted`, `keys` (tokens as they are kept:
    bytes, integers) and `words` (tokens as users have them).
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

    # What subclasses define

    def keys(self, tokens) -> list:
        """Tokens of a user as they are kept."""
        raise NotImplementedError

    def words(self, keys) -> list:
        """Kept tokens as users have them."""
        raise NotImplementedError

    def inverted(self, keys, shape) -> np.ndarray:
        """Kept tokens as an array."""
        raise NotImplementedError

    # The vocabulary

    def adapt(self, data, steps=None) -> None:
        """Makes the vocabulary of the most frequent tokens of data.

        Args:
            data: an array or nested lists, or an iterable of batches of them.
            steps: how many batches are read; None: all.
        """
        self.reset_state()
        for batch in batches_of(data, steps, self.tokens_of):
            self.update_state(batch)
        self.finalize_state()

    def update_state(self, data) -> None:
        """Counts the tokens of a batch; a vector of them is one document."""
        tokens = np.atleast_1d(self.tokens_of(data))
        tokens = tokens[None] if tokens.ndim == 1 else tokens
        self.count(tokens.reshape(len(tokens), -1).tolist())

    def count(self, documents) -> None:
        """Counts the tokens of lists of kept tokens."""
        if self._is_given:
            raise ValueError(
                f"layer {self.name}: expected no `adapt` of a layer with a `vocabulary`; leave the "
                "argument out, or do not adapt"
            )
        self._counts.add(documents)

    def finalize_state(self) -> None:
        """Makes the vocabulary of what was counted."""
        if self._is_given or not len(self._counts):
            self._record_size()
            return
        tokens = self._counts.ordered(without=self.keys(self._special(both=True)))
        if self.max_tokens:
            tokens = tokens[: self.max_tokens - self._token_start]
        self._vocabulary = Vocabulary(tokens, self._token_start)
        if self.output_mode == "tf_idf":
            weights = self._counts.inverse_frequencies(tokens)
            self.idf_weights = self._padded(weights, self._token_start)
        self.reset_state()
        self._record_size()

    def reset_state(self) -> None:
        """Forgets the counts."""
        self._counts.clear()

    def set_vocabulary(self, vocabulary, idf_weights=None) -> None:
        """Takes tokens as the vocabulary.

        Args:
            vocabulary: the tokens, with or without the special ones ahead of them, or the path of a
                text file with one in each line.
            idf_weights: a weight for each, with output_mode="tf_idf".

        Raises:
            ValueError: tokens that come twice, special ones among them, or too many.
        """
        if (self.output_mode == "tf_idf") != (idf_weights is not None):
            raise ValueError(
                "expected `idf_weights` with output_mode='tf_idf' and only there, received "
                f"idf_weights={idf_weights} and output_mode={self.output_mode!r}"
            )
        listed = self._read(vocabulary) if isinstance(vocabulary, str) else vocabulary
        keys = self.keys(listed)
        if not keys:
            raise ValueError("expected a vocabulary with tokens, received an empty one")
        special = self.keys([token for token in self._special() if token is not None])
        marked = not isinstance(vocabulary, str) and keys[: len(special)] == special
        tokens = keys[len(special) :] if marked else keys
        self._check_tokens(tokens)
        self._vocabulary = Vocabulary(tokens, self._token_start)
        self._record_size()
        if idf_weights is not None:
            self._set_weights(np.asarray(idf_weights, "float32"), len(keys), marked)

    def _set_weights(self, weights, count, marked):
        if weights.shape != (count,):
            raise ValueError(
                f"expected `idf_weights` for each of {count} tokens, received shape {weights.shape}"
            )
        self.idf_weights = self._padded(weights, 0 if marked else self._token_start)

    def _padded(self, weights, ahead):
        """The weights with their mean for special tokens, and zeros up to `max_tokens`."""
        mean = weights.mean() if len(weights) else 0.0
        weights = np.concatenate([np.full(ahead, mean, "float32"), weights])
        behind = self.max_tokens - len(weights) if self.pad_to_max_tokens else 0
        return np.pad(weights, (0, behind))

    def _read(self, path):
        if not os.path.isfile(path):
            raise ValueError(f"expected the file of a vocabulary, received {path!r}; none is there")
        with open(path, encoding="utf-8") as file:
            return self._parsed(file.read())

    def _parsed(self, text):
        """The tokens that a text has in its lines."""
        lines = text.split("\n")
        while lines and not lines[-1]:
            lines.pop()
        return lines

    def _check_tokens(self, tokens):
        if len(set(tokens)) < len(tokens):
            twice = [token for token, count in Counter(tokens).items() if count > 1][:5]
            raise ValueError(f"expected different tokens, received twice: {self.words(twice)}")
        reserved = [self.mask_token] * (self.mask_token is not None)
        reserved += [self.oov_token] * (self.oov_token is not None and self.invert)
        for token, key in zip(reserved, self.keys(reserved), strict=True):
            if key in tokens:
                raise ValueError(
                    f"expected special tokens ahead of all others, in the order {self._special()}, "
                    f"or none of them, received {token!r} at {tokens.index(key)}"
                )
        size = self._token_start + len(tokens)
        if self.max_tokens is not None and size > self.max_tokens:
            raise ValueError(
                f"expected at most max_tokens={self.max_tokens} tokens, received {size} with the "
                "special ones"
            )

    def get_vocabulary(self, include_special_tokens=True) -> list:
        """The tokens in the order of their places, by default with the special ones."""
        tokens = [] if self._vocabulary is None else self.words(self._vocabulary.tokens)
        return [*self._special(), *tokens] if include_special_tokens else tokens

    def vocabulary_size(self) -> int:
        """The number of places."""
        return self._token_start + (0 if self._vocabulary is None else len(self._vocabulary))

    @property
    def _oov_start(self):
        return int(self.mask_token is not None and self.output_mode == "int")

    @property
    def _token_start(self):
        return self._oov_start + self.num_oov_indices

    def _special(self, both=False):
        """The tokens of the first places; or both that there can be."""
        if both:
            return [t for t in (self.mask_token, self.oov_token) if t is not None]
        return [self.mask_token] * self._oov_start + [self.oov_token] * self.num_oov_indices

    @property
    def _depth(self):
        return self.max_tokens if self.pad_to_max_tokens else self._frozen_size

    def _record_size(self):
        size = self.vocabulary_size()
        free = self.output_mode == "int" or self.pad_to_max_tokens
        if not free and self._frozen_size not in (None, size):
            raise RuntimeError(
                f"layer {self.name}: expected a vocabulary of {self._frozen_size}, which its "
                f"outputs have, received one of {size}; pass pad_to_max_tokens=True"
            )
        self._frozen_size = size

    # Calling

    def tokens_of(self, data) -> np.ndarray:
        """Tokens of a user as an array of kept ones."""
        raise NotImplementedError

    def compute(self, inputs):
        if self.invert:
            keys = self._known.at(inputs.ravel().tolist(), *self.keys([self.oov_token]))
            masked = self.mask_token is not None
            mask = self.keys([self.mask_token])[0] if masked else None
            flat = zip(inputs.ravel().tolist(), keys, strict=True)
            keys = [mask if masked and place == 0 else key for place, key in flat]
            return self.inverted(keys, inputs.shape)
        return self.encoded(self.places(inputs.ravel().tolist()).reshape(inputs.shape))

    @property
    def _known(self):
        if self._vocabulary is None:
            kind = RuntimeError if self.output_mode != "int" else ValueError
            raise kind(
                f"layer {self.name}: expected a vocabulary, received none; call adapt(data), or "
                "pass `vocabulary`"
            )
        return self._vocabulary

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
    def symbolic_dtype(self):
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
        if self.output_mode == "one_hot" and not (len(shape) > 1 and shape[-1] == 1):
            return (*shape, self._depth)
        return (*shape[:-1], self._depth)

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

    def save_own_variables(self, store):
        if self.output_mode == "tf_idf" and self._known:
            store["idf_weights"] = self.idf_weights

    def load_own_variables(self, store):
        if self.output_mode == "tf_idf":
            self.idf_weights = np.asarray(store["idf_weights"], "float32")

    def save_assets(self, dir_path) -> None:
        """Writes the vocabulary to vocabulary.txt in a folder, unless the config has it."""
        if self.input_vocabulary is None:
            words = map(str, self.get_vocabulary())
            with open(os.path.join(dir_path, "vocabulary.txt"), "w", encoding="utf-8") as file:
                file.write("\n".join(words))

    def load_assets(self, dir_path) -> None:
        """Reads the vocabulary that `save_assets` wrote."""
        if self.input_vocabulary is None:
            words = self._read(os.path.join(dir_path, "vocabulary.txt"))
            self.set_vocabulary(self.listed(words), self.idf_weights)

    def listed(self, words) -> list:
        """The lines of a vocabulary's file as tokens."""
        return words


def batches_of(data, steps, read):
    """The batches of what `adapt` is given: arrays and lists are one, in which each string or
    integer of a vector is a document of its own."""
    if not isinstance(data, (list, tuple)) and not hasattr(data, "__array__"):
        return islice(data, steps)
    tokens = read(data)
    return [tokens[:, None] if tokens.ndim == 1 else tokens]


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
