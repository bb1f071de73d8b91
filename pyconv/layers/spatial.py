"""What layers over spatial axes share: the rank and the layout."""

from __future__ import annotations

from pyconv import ops
from pyconv.config.defaults import standardize_data_format as layout
from pyconv.layers.input_spec import InputSpec
from pyconv.layers.layer import Layer
from pyconv.utils.nest import map_structure


class SpatialLayer(Layer):
    """Base of layers over (n, spatial..., channels), or (n, channels, spatial...) where
    `data_format` says so: channels are moved last at the entrance, and back at the exit.

    A subclass sets `rank`, the number of spatial axes, and defines `transform`, or `call` where it
    needs no moves.
    """

    rank: int

    def __init__(self, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = layout(data_format)
        self.channel_axis = -1 if self.data_format == "channels_last" else 1
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def transform(self, x):
        """The outputs, one or a list, for the inputs, with channels last."""
        raise NotImplementedError(f"{type(self).__name__} must define transform")

    def call(self, inputs):
        return self.with_channels_last(self.transform, inputs)

    def with_channels_last(self, transform, inputs):
        """The outputs of a function of inputs with channels last, in the layer's own layout."""
        if self.channel_axis == -1:
            return transform(inputs)
        inputs = map_structure(lambda x: channels_to(-1, x), inputs)
        return map_structure(lambda y: channels_to(1, y), transform(inputs))

    def channels(self, input_shape) -> int:
        """The number of channels, which must be known and not 0."""
        channels = input_shape[self.channel_axis]
        if not channels:
            raise ValueError(
                f"layer {self.name}: expected a known number of channels, from 1, on axis "
                f"{self.channel_axis}, received shape {tuple(input_shape)}; give it in the Input"
            )
        return channels


def channels_to(axis: int, x):
    """The tensor with its channels moved from axis 1 to the end (-1) or back (1)."""
    last = len(x.shape) - 1
    spatial = range(2, last + 1) if axis == -1 else range(1, last)
    return ops.transpose(x, (0, *spatial, 1) if axis == -1 else (0, last, *spatial))


def shape_to(to: int, axis: int, shape) -> tuple:
    """A shape whose channels, on one axis, 1 or -1, are moved to another."""
    sizes = list(shape)
    channels = sizes.pop(axis)
    sizes.insert(len(sizes) if to == -1 else to, channels)
    return tuple(sizes)


def expect_pair(shapes, first: str, second: str) -> None:
    """Raises ValueError unless these are the shapes of two tensors."""
    if len(shapes) != 2 or not all(hasattr(shape, "__len__") for shape in shapes):
        raise ValueError(
            f"expected a list [{first}, {second}], received inputs of shape {shapes}; call it as "
            f"layer([{first}, {second}])"
        )
