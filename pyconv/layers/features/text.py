"""Text as numbers."""

from __future__ import annotations

import string

import numpy as np

from pyconv.layers.features.array_layer import ArrayLayer
from pyconv.layers.features.categories import category_mode
from pyconv.layers.features.index_lookup import MODES, refuse_paths
from pyconv.layers.features.lookup import StringLookup
from pyconv.layers.features.vocabulary_layer import batches_of
from pyconv.utils.arguments import choice, expect_none, whole
from pyconv.utils.strings import as_strings, as_texts, objects

_PUNCTUATION = string.punctuation.encode()
_STANDARDIZE = ("lower_and_strip_punctuation", "lower", "strip_punctuation")
_SPLIT = ("whitespace", "character")


class TextVectorization(ArrayLayer):
    """Text as the places of its words in a vocabulary.

    Text is standardized and split into tokens, of which neighbours may be joined; tokens are looked
    up. Case is that of ASCII letters, as in TensorFlow.

    Args:
        max_tokens: the most places; None: any number.
        standardize: "lower_and_strip_punctuation", "lower", "strip_punctuation", None, or a
            function of an array of NumPy's unicode strings.
        split: "whitespace", "character", None: the last axis has tokens, or a function of a vector
            of unicode strings that returns a list of tokens for each.
        ngrams: how many neighbours are joined at most, or a tuple of the numbers; None: none are.
        output_mode: "int": a place for each token, 0 behind the last; "multi_hot", "count",
            "tf_idf": a vector for each text.
        output_sequence_length: how many places each text has; None: as many as the longest.
        pad_to_max_tokens, vocabulary, idf_weights, sparse: as in `StringLookup`.
        ragged: False.
        encoding: of the strings; only `get_vocabulary` reads it.

    Returns:
        Called on strings (bytes, arrays or lists of them): int64, for "tf_idf" float32.

    Raises:
        ValueError: arguments that do not fit, or no vocabulary.

    Example:
        >>> layer = TextVectorization(output_sequence_length=4)
        >>> layer.adapt(["foo bar", "bar baz", "baz bada boom"])
        >>> layer([["foo qux bar"], ["qux baz"]])
        array([[4, 1, 3, 0],
               [1, 2, 0, 0]])
    """

    config_omits = ("vocabulary", "idf_weights", "encoding", "has_input_vocabulary")

    def __init__(
        self,
        max_tokens=None,
        standardize="lower_and_strip_punctuation",
        split="whitespace",
        ngrams=None,
        output_mode="int",
        output_sequence_length=None,
        pad_to_max_tokens=False,
        vocabulary=None,
        idf_weights=None,
        sparse=False,
        ragged=False,
        encoding="utf-8",
        name=None,
        vocabulary_size=None,
        has_input_vocabulary=None,
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        expect_none(ragged=ragged or None)
        self.max_tokens = max_tokens
        self.standardize = _way(standardize, "standardize", _STANDARDIZE)
        self.split = _way(split, "split", _SPLIT)
        self.ngrams = _checked_ngrams(ngrams)
        self.output_mode = category_mode(output_mode, MODES)
        self.output_sequence_length = output_sequence_length
        if output_sequence_length is not None:
            if self.output_mode != "int":
                raise ValueError(
                    "expected `output_sequence_length` with output_mode='int' only, received "
                    f"output_mode={output_mode!r}"
                )
            self.output_sequence_length = whole(output_sequence_length, "output_sequence_length", 0)
        self.pad_to_max_tokens = pad_to_max_tokens
        self.sparse = self.ragged = False
        self.dtype = self.compute_dtype = self.variable_dtype = "string"
        self._lookup_layer = StringLookup(
            max_tokens,
            mask_token="",
            vocabulary=vocabulary,
            idf_weights=idf_weights,
            output_mode=self.output_mode,
            pad_to_max_tokens=pad_to_max_tokens,
            sparse=sparse,
            encoding=encoding,
            vocabulary_size=vocabulary_size,
            has_input_vocabulary=has_input_vocabulary,
        )

    # The vocabulary

    def adapt(self, data, batch_size=None, steps=None) -> None:
        """Makes the vocabulary of the most frequent tokens of texts.

        Args:
            data: a list or an array of texts, or an iterable of batches of them.
            batch_size: accepted, without effect.
            steps: how many batches are read; None: all.
        """
        self.reset_state()
        for batch in batches_of(data, steps, as_strings):
            self.update_state(batch)
        self.finalize_state()

    def update_state(self, data) -> None:
        """Counts the tokens of a batch of texts."""
        rows, _ = self._rows(as_strings(data))
        self._lookup_layer.count(rows)

    def finalize_state(self) -> None:
        """Makes the vocabulary of what was counted."""
        self._lookup_layer.finalize_state()

    def reset_state(self) -> None:
        """Forgets the counts."""
        self._lookup_layer.reset_state()

    def set_vocabulary(self, vocabulary, idf_weights=None) -> None:
        """Takes tokens as the vocabulary; see `StringLookup.set_vocabulary`."""
        self._lookup_layer.set_vocabulary(vocabulary, idf_weights)

    def get_vocabulary(self, include_special_tokens=True) -> list:
        """The tokens in the order of their places, by default with the special ones."""
        return self._lookup_layer.get_vocabulary(include_special_tokens)

    def vocabulary_size(self) -> int:
        """The number of places."""
        return self._lookup_layer.vocabulary_size()

    # Calling

    def converted(self, inputs):
        return as_strings(inputs)

    def compute(self, inputs):
        if self.split is None and inputs.ndim == 0 and self.ngrams is None:
            return self._lookup_layer.compute(self._standardized(inputs))
        rows, shape = self._rows(inputs)
        places = [self._lookup_layer.places(row) for row in rows]
        if self.output_mode == "int":
            return _padded(places, shape, self.output_sequence_length, 0)
        return self._lookup_layer.encoded(_padded(places, shape, None, -1))

    def _rows(self, strings):
        """(lists of tokens, the shape in which these lists lie)."""
        strings = self._standardized(strings)
        if self.split is None:
            shape = strings.shape[:-1]
            rows = np.atleast_1d(strings).reshape(-1, strings.shape[-1] if strings.ndim else 1)
            rows = rows.tolist()
        else:
            strings = self._without_last_axis(strings)
            shape = strings.shape
            rows = self._split(strings.ravel())
        if self.ngrams is not None:
            rows = [_joined(row, self.ngrams) for row in rows]
        return rows, shape

    def _standardized(self, strings):
        if callable(self.standardize):
            return as_strings(self.standardize(as_texts(strings)))
        ways = self.standardize or ""
        texts = strings.ravel().tolist()
        if "lower" in ways:
            texts = [text.lower() for text in texts]
        if "strip" in ways:
            texts = [text.translate(None, _PUNCTUATION) for text in texts]
        return objects(texts, strings.shape)

    def _without_last_axis(self, strings):
        if strings.ndim > 1 and strings.shape[-1] != 1:
            raise ValueError(
                f"layer {self.name}: expected texts of shape (n,) or (..., 1) to split, received "
                f"{strings.shape}"
            )
        return strings[..., 0] if strings.ndim > 1 else strings

    def _split(self, strings):
        """A list of tokens for each string of a vector."""
        if callable(self.split):
            rows = self.split(as_texts(strings))
            rows = rows.to_list() if hasattr(rows, "to_list") else rows
            return [as_strings(list(row)).tolist() for row in rows]
        if self.split == "whitespace":
            return [text.split() for text in strings.tolist()]
        return [[c.encode() for c in text.decode("utf-8", "replace")] for text in strings.tolist()]

    @property
    def array_dtype(self):
        """That of the outputs."""
        return self._lookup_layer.array_dtype

    @property
    def symbolic_dtype(self):
        """That of the outputs in models."""
        return self._lookup_layer.symbolic_dtype

    def compute_output_shape(self, input_shape):
        shape = tuple(input_shape)
        if self.split is not None:
            shape = (*(shape[:-1] if len(shape) > 1 else shape), None)
        if self.output_mode != "int":
            return self._lookup_layer.compute_output_shape(shape)
        free = self.split is not None or self.ngrams is not None
        length = self.output_sequence_length
        if length is None and not free:
            return shape
        return (*shape[:-1], length)

    # Configs and files

    def get_config(self):
        from pyconv.saving import serialize_keras_object

        lookup = self._lookup_layer.get_config()
        names = ("vocabulary", "idf_weights", "encoding")
        config = {**super().get_config(), **{name: lookup[name] for name in names}}
        for name in ("standardize", "split"):
            config[name] = serialize_keras_object(getattr(self, name))
        return {**config, "vocabulary_size": self.vocabulary_size()}

    @classmethod
    def from_config(cls, config):
        """The layer that `get_config` described; its functions are found by their names."""
        from pyconv.saving import deserialize_keras_object

        for name in ("standardize", "split"):
            if isinstance(config.get(name), dict):
                config = {**config, name: deserialize_keras_object(config[name])}
        if isinstance(config.get("ngrams"), list):
            config = {**config, "ngrams": tuple(config["ngrams"])}
        refuse_paths(config)
        return cls(**config)

    def save_own_variables(self, store):
        self._lookup_layer.save_own_variables(store)

    def load_own_variables(self, store):
        self._lookup_layer.load_own_variables(store)

    def save_assets(self, dir_path) -> None:
        """Writes the vocabulary to a folder, unless the config has it."""
        self._lookup_layer.save_assets(dir_path)

    def load_assets(self, dir_path) -> None:
        """Reads the vocabulary that `save_assets` wrote."""
        self._lookup_layer.load_assets(dir_path)


def _way(value, name, names):
    """The value, a name of a way, a function or None."""
    if value is None or callable(value):
        return value
    return choice(value, name, names)


def _checked_ngrams(ngrams):
    """ngrams, None, an integer or a tuple of them."""
    numbers = ngrams if isinstance(ngrams, tuple) else () if ngrams is None else (ngrams,)
    if not all(isinstance(number, int) for number in numbers):
        raise ValueError(
            f"expected `ngrams` None, an integer or a tuple of integers, received {ngrams!r}"
        )
    return ngrams


def _joined(tokens, ngrams):
    """Runs of tokens joined by blanks: all of the first length, then all of the next."""
    sizes = ngrams if isinstance(ngrams, tuple) else range(1, ngrams + 1)
    starts = ((size, range(len(tokens) - size + 1)) for size in sizes)
    return [b" ".join(tokens[at : at + size]) for size, places in starts for at in places]


def _padded(rows, shape, length, filler):
    """Rows of different lengths as an array (*shape, length); by default as long as the longest."""
    length = max(map(len, rows), default=0) if length is None else length
    padded = np.full((len(rows), length), filler, "int64")
    for i, row in enumerate(rows):
        padded[i, : len(row)] = row[:length]
    return padded.reshape(*shape, length)
