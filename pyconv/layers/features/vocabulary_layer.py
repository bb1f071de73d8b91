"""Layers with a vocabulary: made of data, set, and kept in files."""

from __future__ import annotations

import os
from collections import Counter
from itertools import islice

import numpy as np

from pyconv.layers.features.array_layer import ArrayLayer
from pyconv.layers.features.vocabulary import Vocabulary


class VocabularyLayer(ArrayLayer):
    """A layer with a vocabulary: the base of lookups, which set its attributes.

    Places are those of the mask token (for output_mode="int"), of tokens that the vocabulary lacks,
    and of its own, in this order.
    """

    max_tokens: int | None
    num_oov_indices: int
    output_mode: str
    invert: bool
    pad_to_max_tokens: bool

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

    def tokens_of(self, data) -> np.ndarray:
        """Tokens of a user as an array of kept ones."""
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
        special = [t for t in (self.mask_token, self.oov_token) if t is not None]
        tokens = self._counts.ordered(without=self.keys(special))
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

    def _special(self):
        """The tokens of the first places."""
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

    @property
    def _known(self):
        if self._vocabulary is None:
            kind = RuntimeError if self.output_mode != "int" else ValueError
            raise kind(
                f"layer {self.name}: expected a vocabulary, received none; call adapt(data), or "
                "pass `vocabulary`"
            )
        return self._vocabulary

    # Files

    def save_own_variables(self, store):
        if self.output_mode == "tf_idf" and self._known is not None:
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
