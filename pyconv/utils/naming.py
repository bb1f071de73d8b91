"""Names that objects get when they were given none: conv2d, conv2d_1, ..."""

import gc
import re
import threading
from collections import Counter

_counts = Counter()
_active = threading.local()


class given_name:  # noqa: N801 (used as a function)
    """Within it, what would get a unique name gets this one, and nothing is counted.

    Example:
        >>> with given_name("add_7"):
        ...     unique_name("add")
        'add_7'
    """

    def __init__(self, name):
        self._name = name

    def __enter__(self):
        _active.name = self._name

    def __exit__(self, *exception):
        _active.name = None


def default_name(class_name):
    """The name of a class's first instance, in snake case as Keras forms it.

    Example:
        >>> [default_name(name) for name in ("Conv2DTranspose", "LeakyReLU", "MaxPooling1D")]
        ['conv2d_transpose', 'leaky_re_lu', 'max_pooling1d']
    """
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", class_name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def unique_name(prefix):
    """The prefix at its first use in this process, then prefix_1, prefix_2, ..."""
    given = getattr(_active, "name", None)
    if given:
        return given
    count = _counts[prefix]
    _counts[prefix] += 1
    return f"{prefix}_{count}" if count else prefix


def clear_session(free_memory=True):
    """Names count from the start again: the next Conv2D is conv2d. There is no other state.

    Args:
        free_memory: whether memory that nothing refers to is collected at once.

    Example:
        >>> from pyconv.layers import Flatten
        >>> clear_session()
        >>> [Flatten().name, Flatten().name]
        ['flatten', 'flatten_1']
    """
    _counts.clear()
    if free_memory:
        gc.collect()
