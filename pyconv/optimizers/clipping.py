"""Bounds on gradients, so that one bad batch cannot throw the weights away."""

from functools import reduce
from operator import add

from pyconv import ops


class Clipping:
    """Clips gradients in one of three ways (Pascanu et al. 2013).

    Args:
        clipnorm: g *= clipnorm / max(|g|, clipnorm) for each gradient g.
        clipvalue: elements are cut off at +-clipvalue; as the others, 0 or less is no bound.
        global_clipnorm: as clipnorm with the norm of all gradients together.

    Raises:
        ValueError: more than one is given.
    """

    def __init__(self, clipnorm=None, clipvalue=None, global_clipnorm=None):
        self.config = {
            "clipnorm": clipnorm,
            "clipvalue": clipvalue,
            "global_clipnorm": global_clipnorm,
        }
        given = {name: value for name, value in self.config.items() if value is not None}
        if len(given) > 1:
            raise ValueError(
                "expected at most one of `clipnorm`, `clipvalue` and `global_clipnorm`, received "
                f"{given}"
            )
        self.config |= {name: None for name, value in given.items() if not value > 0}

    @property
    def sweep(self):
        """The same as arguments of `pyconv.ops.update`."""
        if self.config["clipvalue"] is not None:
            return {"clip": float(self.config["clipvalue"])}
        if self.config["clipnorm"] is not None:
            return {"norms": "each", "norm": float(self.config["clipnorm"])}
        if self.config["global_clipnorm"] is not None:
            return {"norms": "all", "norm": float(self.config["global_clipnorm"])}
        return {}

    def __call__(self, gradients):
        """The clipped gradients, in ops."""
        return [parts[0] for parts in self.by_part([[g] for g in gradients])]

    def by_part(self, gradients):
        """The same of gradients that are lists of parts, whose norm is that of all of these."""
        if self.config["clipvalue"] is not None:
            bound = self.config["clipvalue"]
            return [[ops.clip(part, -bound, bound) for part in parts] for parts in gradients]
        bound = self.config["clipnorm"] or self.config["global_clipnorm"]
        if bound is None:
            return list(gradients)
        squares = [_square(parts) for parts in gradients]
        if self.config["global_clipnorm"] is not None:
            squares = [reduce(add, squares)] * len(squares)
        return [
            [_shorten(part, square, bound) for part in parts]
            for parts, square in zip(gradients, squares, strict=True)
        ]


def _square(parts):
    return reduce(add, [ops.sum(ops.square(part)) for part in parts])


def _shorten(gradient, square, bound):
    return gradient * (bound / ops.maximum(ops.sqrt(square), bound))
