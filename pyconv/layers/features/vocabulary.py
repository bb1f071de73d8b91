"""Vocabularies: tokens with places, and the counts that they are made of."""

from __future__ import annotations

from collections import Counter

import numpy as np


class Vocabulary:
    """Tokens, `bytes` or integers, each of which has a place.

    An object of its own, so that layers are not searched for weights in it.

    Args:
        tokens: list of different tokens.
        start: the first one's place.

    Example:
        >>> Vocabulary([b"a", b"b"], start=2).places([b"b", b"z"])
        array([ 3, -1])
    """

    def __init__(self, tokens, start):
        self.tokens = tokens
        self.start = start
        self._places = {token: start + i for i, token in enumerate(tokens)}

    def __len__(self):
        return len(self.tokens)

    def places(self, tokens) -> np.ndarray:
        """The places of a list of tokens, -1 for those that are none of its own."""
        place = self._places.get
        return np.array([place(token, -1) for token in tokens], "int64")

    def at(self, places, otherwise) -> list:
        """The tokens at a list of places, `otherwise` where there is none."""
        last = self.start + len(self.tokens)
        return [
            self.tokens[place - self.start] if self.start <= place < last else otherwise
            for place in places
        ]


class TokenCounts:
    """How often tokens occur, and in how many documents."""

    def __init__(self):
        self.clear()

    def clear(self) -> None:
        """Forgets all."""
        self._counts: Counter = Counter()
        self._documents: Counter = Counter()
        self._number = 0

    def __len__(self):
        return len(self._counts)

    def add(self, documents) -> None:
        """Counts the tokens of lists of them."""
        for tokens in documents:
            self._counts.update(tokens)
            self._documents.update(set(tokens))
        self._number += len(documents)

    def ordered(self, without) -> list:
        """The tokens but some, the most frequent first, among equals the last in order."""
        for token in without:
            self._counts.pop(token, None)
        return sorted(self._counts, key=lambda token: (self._counts[token], token), reverse=True)

    def inverse_frequencies(self, tokens) -> np.ndarray:
        """log(1 + d / (1 + d(t))) for tokens t of d(t) among d documents."""
        found = np.array([self._documents[token] for token in tokens], "float64")
        return np.log(1 + self._number / (1 + found)).astype("float32")
