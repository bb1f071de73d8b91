"""The global seed generator, from which everything that was given no seed takes one."""

import operator

import numpy as np


class _Global:
    """The process's generator, made at the first use: loading numpy.random takes 10 ms."""

    generator = None
    seed = None  # the last one that was set
    listeners = []


def on_seed(listener) -> int:
    """Has a function of an integer called after each `set_random_seed`.

    Returns:
        The integer for the seed that is set now. It follows from the seed alone: nothing is drawn,
        so that what comes after does not depend on who listens.
    """
    _Global.listeners.append(listener)
    return next_seed() if _Global.seed is None else _derived(_Global.seed)


def _derived(seed):
    """An integer in [0, 2**32) that follows from a seed and is not equal to it."""
    return int(np.random.SeedSequence((seed, 1)).generate_state(1)[0])


def set_random_seed(seed):
    """Seeds Python's `random`, NumPy's global generator and pyconv's seed generator.

    Weights, dropout masks and shuffles that were given no seed of their own repeat from here on.

    Args:
        seed: integer in [0, 2**32).

    Raises:
        TypeError: the seed is not an integer.
        ValueError: the seed is out of range.

    Example:
        >>> import pyconv
        >>> pyconv.utils.set_random_seed(1)
        >>> first = pyconv.initializers.GlorotUniform()((2, 3))
        >>> pyconv.utils.set_random_seed(1)
        >>> bool((pyconv.initializers.GlorotUniform()((2, 3)) == first).all())
        True
    """
    import random

    seed = check_seed(seed)
    random.seed(seed)
    np.random.seed(seed)
    _Global.generator = np.random.default_rng(seed)
    _Global.seed = seed
    for listener in _Global.listeners:
        listener(_derived(seed))


def next_seed():
    """A fresh 32-bit seed from the global generator, an int in [0, 2**32)."""
    if _Global.generator is None:
        _Global.generator = np.random.default_rng()
    return int(_Global.generator.integers(2**32))


def random_state():
    """The state of Python's `random`, of NumPy's global generator and of pyconv's, a dict of
    numbers, strings and arrays."""
    import random

    version, words, gauss = random.getstate()
    name, key, *rest = np.random.get_state()
    own = None if _Global.generator is None else _Global.generator.bit_generator.state
    return {
        "python": [version, np.array(words, "uint32"), gauss],
        "numpy": [name, key, *rest],
        "own": own,
    }


def set_random_state(state):
    """Goes on from what `random_state` returned."""
    import random

    version, words, gauss = state["python"]
    random.setstate((version, tuple(words.tolist()), gauss))
    np.random.set_state(tuple(state["numpy"]))
    if state["own"] is not None:
        _Global.generator = np.random.default_rng()
        _Global.generator.bit_generator.state = state["own"]


def check_seed(seed):
    """The seed as a Python int; raises unless it is an integer in [0, 2**32)."""
    try:
        value = operator.index(seed)
    except TypeError:
        raise TypeError(
            f"expected `seed` to be an integer, received {seed!r} of type {type(seed).__name__};"
            " pass an int such as seed=42"
        ) from None
    if not 0 <= value < 2**32:
        raise ValueError(
            f"expected `seed` in [0, 2**32), received {value}; pass for example seed % 2**32"
        )
    return value
