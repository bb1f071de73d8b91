"""IMDB: 50,000 reviews of films as word numbers, and whether they are good (Maas et al. 2011)."""

from __future__ import annotations

import numpy as np

from pyconv.data.downloads import cached
from pyconv.datasets import words
from pyconv.datasets.pickles import read_npz

SHA256 = "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"
MD5_OF_INDEX = "bfafd718b763782e994055a2d397834f"


def load_data(
    path="imdb.npz",
    num_words=None,
    skip_top=0,
    maxlen=None,
    seed=113,
    start_char=1,
    oov_char=2,
    index_from=3,
):
    """The IMDB data set from Keras' cache; downloaded to it where it is missing.

    Args:
        path: file name in the cache.
        num_words: numbers from here on are replaced by `oov_char`; None keeps all.
        skip_top: numbers below are, too.
        maxlen: texts of this length and longer are left out.
        seed: of the order.
        start_char: begins each text; None for nothing.
        oov_char: stands for words that are left out; None drops them.
        index_from: what words' numbers are raised by.

    Returns:
        (x_train, y_train), (x_test, y_test): arrays of lists of ints, and of 0 and 1.

    Raises:
        ConnectionError, ImportError: the download failed, or needs pooch.
        ValueError: no text is short enough, or a file that holds something else.
    """
    names = ("x_train", "y_train", "x_test", "y_test")
    file = read_npz(cached(path, f"{words.URL}imdb.npz", SHA256), names)
    generator = np.random.RandomState(seed)
    splits = []
    for split in ("train", "test"):
        x, y = words.shuffled(file[f"x_{split}"], file[f"y_{split}"], generator)
        splits.append(words.short(words.marked(x, start_char, index_from), y, maxlen))
    if not all(x for x, _ in splits):
        raise ValueError(f"expected `maxlen` above the shortest text's length, received {maxlen}")
    count = len(splits[0][0])
    texts = words.limited(splits[0][0] + splits[1][0], num_words, skip_top, oov_char)
    rows = words.as_rows(texts[:count]), words.as_rows(texts[count:])
    return tuple((x, np.asarray(y)) for x, (_, y) in zip(rows, splits, strict=True))


def get_word_index(path="imdb_word_index.json"):
    """The number of each word, before `index_from` is added.

    Returns:
        A dict from word to number.
    """
    return words.word_index("imdb_word_index.json", path, MD5_OF_INDEX)
