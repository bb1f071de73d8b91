"""Keras' `random`: numbers that a seed repeats, at once or in a graph."""

from functools import partial

from pyconv.ops.replay import replayable
from pyconv.utils.lazy import exports

__all__, __getattr__, __dir__ = exports(
    __name__,
    {
        "distributions": "beta binomial categorical gamma normal randint truncated_normal uniform",
        "disturbances": "dropout shuffle",
        "seed_generator": "SeedGenerator",
    },
    wrap=partial(replayable, package=__name__),
)
