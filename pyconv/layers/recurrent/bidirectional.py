"""A recurrent layer along a sequence and back."""

from __future__ import annotations

from pyconv import ops
from pyconv.layers.layer import Layer
from pyconv.utils.arguments import choice, expect_none
from pyconv.utils.nest import flatten


class Bidirectional(Layer):
    """A recurrent layer forwards, and one like it backwards, whose outputs are joined.

    Args:
        layer: the layer.
        merge_mode: "concat", "sum", "mul", "ave", or None for a list of both.
        weights: None.
        backward_layer: the layer backwards; by default one of the same arguments.

    Raises:
        ValueError: an argument does not fit.

    Example:
        >>> from pyconv.layers import LSTM
        >>> Bidirectional(LSTM(8, return_sequences=True)).compute_output_shape((None, 5, 3))
        (None, 5, 16)
    """

    config_omits = ("weights",)

    def __init__(self, layer, merge_mode="concat", weights=None, backward_layer=None, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(layer, Layer):
            raise ValueError(f"expected `layer` to be a layer, received {layer!r}")
        expect_none(weights=weights)
        self.merge_mode = merge_mode
        if merge_mode is not None:
            choice(merge_mode, "merge_mode", ("concat", "sum", "mul", "ave"))
        name = layer.name.removeprefix("forward_")
        self.forward_layer = _remade(layer, f"forward_{name}")
        self.backward_layer = backward_layer
        if backward_layer is None:
            back = not layer.go_backwards
            self.backward_layer = _remade(layer, f"backward_{name}", go_backwards=back)
        if layer.return_sequences:  # so that what masks leave out is the same both ways
            for one in (self.forward_layer, self.backward_layer):
                one.zero_output_for_mask = True
        if self.forward_layer.go_backwards == self.backward_layer.go_backwards:
            raise ValueError("expected layers of which one has `go_backwards`, received two alike")
        self.return_sequences = layer.return_sequences
        self.return_state = layer.return_state

    def build(self, sequences_shape, initial_state_shape=None):
        for layer in (self.forward_layer, self.backward_layer):
            if not layer.built:
                layer.path = f"{self.path}/{layer.name}"
                layer.build(sequences_shape)

    def call(self, sequences, initial_state=None, mask=None, training=None):
        halves = (None, None)
        if initial_state is not None:
            half = len(initial_state) // 2
            halves = (initial_state[:half], initial_state[half:])
        both = [
            layer(sequences, initial_state=states, mask=mask, training=training)
            for layer, states in zip((self.forward_layer, self.backward_layer), halves, strict=True)
        ]
        states = [s for outputs in both for s in outputs[1:]] if self.return_state else []
        a, b = (outputs[0] if self.return_state else outputs for outputs in both)
        if self.return_sequences:
            b = ops.flip(b, axis=1)
        joined = self._joined(a, b)
        if not states:
            return joined
        return [*(joined if self.merge_mode is None else [joined]), *states]

    def compute_mask(self, inputs, mask):
        steps = flatten(mask)[0] if self.return_sequences else None
        return (steps, steps) if self.merge_mode is None else steps

    def _joined(self, a, b):
        if self.merge_mode == "concat":
            return ops.concatenate([a, b], axis=-1)
        if self.merge_mode is None:
            return [a, b]
        if self.merge_mode == "mul":
            return a * b
        return (a + b) * (0.5 if self.merge_mode == "ave" else 1.0)

    def get_config(self):
        from pyconv.saving import serialize_keras_object

        config = super().get_config()
        config["layer"] = serialize_keras_object(self.forward_layer)
        config["backward_layer"] = serialize_keras_object(self.backward_layer)
        return config

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """The layer that `get_config` described, of layers of its own."""
        from pyconv.saving import deserialize_keras_object

        names = ("layer", "backward_layer")
        made = {
            k: deserialize_keras_object(config[k], custom_objects) for k in names if k in config
        }
        return cls(**{**config, **made})


def _remade(layer, name: str, **changes):
    """A layer of the same arguments under another name."""
    return type(layer).from_config({**layer.get_config(), "name": name, **changes})
