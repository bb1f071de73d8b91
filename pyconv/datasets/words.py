"""What the data sets of texts share: lists of word numbers, by rank of frequency."""

from __future__ import annotations

import json

import numpy as np

from pyconv.data.downloads import cached

URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


def word_index(name, path, file_hash) -> dict[str, int]:
    """The number of each word."""
    with open(cached(path, URL + name, file_hash)) as file:
        return json.load(file)


def shuffled(texts, labels, generator):
    """Both in another order."""
    order = np.arange(len(texts))
    generator.shuffle(order)
    return texts[order], labels[order]


def marked(texts, start_char, index_from):
    """Numbers raised by `index_from`, after the one that begins a text."""
    begin = [] if start_char is None else [start_char]
    return [begin + [w + (index_from or 0) for w in text] for text in texts]


def short(texts, labels, maxlen):
    """Texts of fewer numbers than `maxlen`, with their labels; all where it is None."""
    if not maxlen:
        return texts, labels
    kept = [i for i, text in enumerate(texts) if len(text) < maxlen]
    return [texts[i] for i in kept], [labels[i] for i in kept]


def limited(texts, num_words, skip_top, oov_char):
    """Numbers from `skip_top` to before `num_words`; `oov_char`, if any, for the others."""
    num_words = num_words or max(max(text) for text in texts)
    if oov_char is None:
        return [[w for w in text if skip_top <= w < num_words] for text in texts]
    return [[w if skip_top <= w < num_words else oov_char for w in text] for text in texts]


def as_rows(texts):
    """An array of lists."""
    rows = np.empty(len(texts), dtype=object)
    rows[:] = texts
    return rows
