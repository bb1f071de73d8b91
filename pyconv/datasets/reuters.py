"""Reuters: 11,228 news as word numbers, of 46 topics (Lewis 1987)."""

from __future__ import annotations

import numpy as np

from pyconv.data.downloads import cached
from pyconv.datasets import words
from pyconv.datasets.pickles import read_npz

SHA256 = "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916"
MD5_OF_INDEX = "4d44cc38712099c9e383dc6e5f11a921"

LABELS = (
    "cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves "
    "ship cotton carcass crude nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin "
    "strategic-metal livestock retail ipi iron-steel rubber heat jobs lei bop zinc orange pet-chem "
    "dlr gas silver wpi hog lead"
)


def load_data(
    path="reuters.npz",
    num_words=None,
    skip_top=0,
    maxlen=None,
    test_split=0.2,
    seed=113,
    start_char=1,
    oov_char=2,
    index_from=3,
):
    """The Reuters data set from Keras' cache; downloaded to it where it is missing.

    Args:
        path, num_words, skip_top, maxlen, seed, start_char, oov_char, index_from: as of
            `imdb.load_data`.
        test_split: the part of the texts that is for testing.

    Returns:
        (x_train, y_train), (x_test, y_test): arrays of lists of ints, and of topics 0 to 45.

    Raises:
        ConnectionError, ImportError: the download failed, or needs pooch.
        ValueError: a file that holds something else.
    """
    file = read_npz(cached(path, f"{words.URL}reuters.npz", SHA256), ("x", "y"))
    x, y = words.shuffled(file["x"], file["y"], np.random.RandomState(seed))
    x, y = words.short(words.marked(x, start_char, index_from), y, maxlen)
    x = words.limited(x, num_words, skip_top, oov_char)
    end = int(len(x) * (1 - test_split))
    train, test = slice(None, end), slice(end, None)
    return tuple((words.as_rows(x[part]), np.array(y[part])) for part in (train, test))


def get_word_index(path="reuters_word_index.json"):
    """The number of each word, before `index_from` is added.

    Returns:
        A dict from word to number.
    """
    return words.word_index("reuters_word_index.json", path, MD5_OF_INDEX)


def get_label_names():
    """The names of the 46 topics.

    Example:
        >>> get_label_names()[3]
        'earn'
    """
    return tuple(LABELS.split())
