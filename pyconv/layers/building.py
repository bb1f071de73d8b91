"""Building: the shapes that a layer was built for, and how it is built for them again."""

from __future__ import annotations

import functools
import inspect

import numpy as np

from pyconv.layers.weights import Records


class Built:
    """The part of `Layer` that knows what it was built for."""

    _records: Records

    def get_build_config(self) -> dict | None:
        """The shapes that the layer was built for, from which `build_from_config` builds it."""
        shapes = self._records.build_shapes
        if shapes is not None and len(shapes) == 1:
            return {"input_shape": next(iter(shapes.values()))}
        return shapes and {"shapes_dict": shapes}

    def build_from_config(self, config: dict) -> None:
        """Builds the layer for the shapes that `get_build_config` told."""
        if "shapes_dict" in config:
            self.build(**map_shapes(tuple, config["shapes_dict"]))
        elif config:
            self.build(map_shapes(tuple, config["input_shape"]))


def marking_built(build):
    """A class's `build` that notes its arguments and that the layer is built."""
    signature = inspect.signature(build)

    @functools.wraps(build)
    def wrapped(self, *args, **kwargs):
        build(self, *args, **kwargs)
        self._records.build_shapes = dict(signature.bind(self, *args, **kwargs).arguments)
        del self._records.build_shapes[next(iter(signature.parameters))]
        self.built = True

    return wrapped


def map_shapes(function, shapes):
    """Applies a function to each shape in a nest of shapes."""
    if isinstance(shapes, dict):
        return {key: map_shapes(function, shape) for key, shape in shapes.items()}
    if all(size is None or isinstance(size, (int, np.integer)) for size in shapes):
        return function(tuple(shapes))
    return type(shapes)(map_shapes(function, shape) for shape in shapes)
