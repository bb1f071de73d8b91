"""Recurrent layers: a cell from step to step. The steps are laid out one after another in a plan,
so that their number must be known."""

from __future__ import annotations

import inspect

from pyconv import ops
from pyconv.layers.cells import Cell, GRUCell, LSTMCell, SimpleRNNCell, StackedRNNCells
from pyconv.layers.layer import Layer
from pyconv.utils.arguments import choice, expect_none
from pyconv.utils.nest import flatten, map_structure


class RNN(Layer):
    """A cell called on each step of a sequence, with the states that it returned for the last.

    Args:
        cell: a layer with `state_size` and call(inputs, states) -> (output, states), or a list of
            such.
        return_sequences: whether the outputs of all steps are returned, not only the last.
        return_state: whether the last states are returned, too.
        go_backwards: whether steps are taken from the last to the first.
        stateful: False: states begin as zeros, or as `initial_state`.
        unroll: accepted: steps are always laid out one after another.
        zero_output_for_mask: whether outputs of masked steps are zeros, not the last ones.

    Returns:
        Called on (n, steps, ...), perhaps with `initial_state` and with `mask` (n, steps): the
        output, or [output, *states].

    Raises:
        ValueError: the number of steps is not known.

    Example:
        >>> RNN(LSTMCell(8), return_sequences=True).compute_output_shape((None, 5, 3))
        (None, 5, 8)
    """

    def __init__(
        self,
        cell,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        unroll=False,
        zero_output_for_mask=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if stateful:
            raise ValueError(
                "expected `stateful` False, received True; pass states by `initial_state` and get "
                "them by `return_state`"
            )
        self.cell = StackedRNNCells(cell) if isinstance(cell, (list, tuple)) else cell
        if not hasattr(self.cell, "state_size"):
            raise ValueError(f"expected a cell with `state_size`, received {cell!r}")
        self.return_sequences = return_sequences
        self.return_state = return_state
        self.go_backwards = go_backwards
        self.stateful = False
        self.unroll = unroll
        self.zero_output_for_mask = zero_output_for_mask

    def build(self, sequences_shape, initial_state_shape=None):
        if not self.cell.built:
            self.cell.path = f"{self.path}/{self.cell.name}"
            self.cell.build((sequences_shape[0], *sequences_shape[2:]))
            self.cell.built = True

    def get_initial_state(self, batch_size):
        """The states before the first step, zeros."""
        if hasattr(self.cell, "get_initial_state"):
            states = self.cell.get_initial_state(batch_size=batch_size)
            return list(states) if isinstance(states, (list, tuple)) else [states]
        sizes = self.cell.state_size
        sizes = sizes if isinstance(sizes, (list, tuple)) else [sizes]
        return [ops.zeros((batch_size, size)) for size in sizes]

    def call(self, sequences, initial_state=None, mask=None, training=False):
        steps = sequences.shape[1]
        if not steps:
            raise ValueError(
                f"expected a known number of steps, at least 1, received shape "
                f"{tuple(sequences.shape)}; give it in the Input"
            )
        states = self._initial(sequences) if initial_state is None else initial_state
        states = list(states) if isinstance(states, (list, tuple)) else [states]
        further = {"training": training} if getattr(self.cell, "_takes_training", False) else {}
        if training and isinstance(self.cell, Cell):
            further["masks"] = self.cell.masks(sequences[:, 0], states[0])
        outputs = []
        for i in reversed(range(steps)) if self.go_backwards else range(steps):
            output, new = self.cell(sequences[:, i], states, **further)
            new = list(new) if isinstance(new, (list, tuple)) else [new]
            if mask is not None:
                output, new = self._masked(mask[:, i : i + 1], output, new, states, outputs)
            outputs.append(output)
            states = new
        result = ops.stack(outputs, axis=1) if self.return_sequences else self._last(outputs)
        return [result, *states] if self.return_state else result

    def _initial(self, sequences):
        return self.get_initial_state(sequences.shape[0])

    def _last(self, outputs: list):
        """The output of the last step."""
        return outputs[-1]

    def _masked(self, mask, output, new, states, outputs: list) -> tuple:
        """(output, states) where masked steps leave states, and the output, as they were."""

        def chosen(a, b):
            wide = ops.reshape(mask, (mask.shape[0], *(1,) * (len(a.shape) - 1)))
            return ops.where(ops.cast(wide, "float32"), a, b)

        pairs = zip(flatten(new), flatten(states), strict=True)
        kept = iter([chosen(a, b) for a, b in pairs])
        before = ops.zeros_like(output)
        if outputs and not self.zero_output_for_mask:
            before = outputs[-1]
        return chosen(output, before), map_structure(lambda _: next(kept), new)

    def compute_output_shape(self, sequences_shape, initial_state_shape=None):
        n, steps, *_ = sequences_shape
        sizes = self.cell.state_size
        sizes = sizes if isinstance(sizes, (list, tuple)) else [sizes]
        last = sizes[-1] if isinstance(self.cell, StackedRNNCells) else sizes[0]
        size = getattr(self.cell, "output_size", flatten(last)[0])
        result = (n, steps, size) if self.return_sequences else (n, size)
        return [result, *((n, s) for s in flatten(sizes))] if self.return_state else result

    def get_config(self):
        from pyconv.saving import serialize_keras_object

        return {**super().get_config(), "cell": serialize_keras_object(self.cell)}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """The layer that `get_config` described, around a cell of its own."""
        from pyconv.saving import deserialize_keras_object

        return cls(**{**config, "cell": deserialize_keras_object(config["cell"], custom_objects)})


class OwnCellRNN(RNN):
    """Base of layers that make their cell from their own arguments."""

    config_omits = ("use_cudnn", "implementation")

    def __init__(self, cell, **kwargs):
        kwargs.pop("implementation", None)  # Keras' ways to compute the same
        super().__init__(cell, **kwargs)
        for name in inspect.signature(type(cell).__init__).parameters:
            if name in vars(cell):
                setattr(self, name, getattr(cell, name))

    def get_config(self):
        config = super(RNN, self).get_config()
        return {"unroll": False, **config, "zero_output_for_mask": self.zero_output_for_mask}

    @classmethod
    def from_config(cls, config):
        """The layer that `get_config` described."""
        return cls(**config)


class LSTM(OwnCellRNN):
    """Long short-term memory: with z = x W + h U + b in four parts, c' = s(z_1) c + s(z_0) f(z_2),
    h' = s(z_3) f(c') at each step (Hochreiter & Schmidhuber 1997).

    Args:
        units: size of an output.
        activation: f, a name, a callable or None.
        recurrent_activation: s, likewise.
        use_bias: whether there is a b.
        kernel_initializer, recurrent_initializer, bias_initializer, and regularizers and
            constraints: of W, U and b.
        unit_forget_bias: whether the part of b for what is kept begins as ones.
        dropout: fraction of the inputs that are dropped in training, the same ones at each step.
        recurrent_dropout: the same for states.
        seed: integer in [0, 2**32); None draws one from the global generator.
        return_sequences, return_state, go_backwards, stateful, unroll: as of `RNN`.
        use_cudnn: accepted, without effect.

    Returns:
        Called on (n, steps, size), of a known number of steps: (n, units), or (n, steps, units).

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> LSTM(8, return_sequences=True).compute_output_shape((None, 5, 3))
        (None, 5, 8)
    """

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        unit_forget_bias=True,
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        seed=None,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        unroll=False,
        use_cudnn="auto",
        **kwargs,
    ):
        cell = LSTMCell(
            units=units,
            activation=activation,
            recurrent_activation=recurrent_activation,
            use_bias=use_bias,
            unit_forget_bias=unit_forget_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            name="lstm_cell",
        )
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )


class GRU(OwnCellRNN):
    """Gated recurrent units: h' = z h + (1 - z) f(n) with gates z, r = s(x W + h U + b) and
    n = x W_n + r (h U_n + b_n) at each step (Cho et al. 2014).

    Args:
        units: size of an output.
        activation, recurrent_activation, use_bias, initializers, regularizers, constraints,
            dropout, recurrent_dropout, seed, use_cudnn: as of `LSTM`.
        return_sequences, return_state, go_backwards, stateful, unroll: as of `RNN`.
        reset_after: whether r is applied after the product with U, else n = x W_n + (r h) U_n.

    Returns:
        Called on (n, steps, size), of a known number of steps: (n, units), or (n, steps, units).

    Example:
        >>> GRU(8).compute_output_shape((None, 5, 3))
        (None, 8)
    """

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        seed=None,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        unroll=False,
        reset_after=True,
        use_cudnn="auto",
        **kwargs,
    ):
        cell = GRUCell(
            units=units,
            activation=activation,
            recurrent_activation=recurrent_activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            reset_after=reset_after,
            seed=seed,
            name="gru_cell",
        )
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )


class SimpleRNN(OwnCellRNN):
    """h' = f(x W + h U + b) at each step.

    Args:
        units: size of an output.
        activation, use_bias, initializers, regularizers, constraints, dropout, recurrent_dropout,
            seed: as of `LSTM`.
        return_sequences, return_state, go_backwards, stateful, unroll: as of `RNN`.

    Returns:
        Called on (n, steps, size), of a known number of steps: (n, units), or (n, steps, units).

    Example:
        >>> SimpleRNN(8).compute_output_shape((None, 5, 3))
        (None, 8)
    """

    config_omits = ("seed", "implementation")

    def __init__(
        self,
        units,
        activation="tanh",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        unroll=False,
        seed=None,
        **kwargs,
    ):
        cell = SimpleRNNCell(
            units=units,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            name="simple_rnn_cell",
        )
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )


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

    def call(self, sequences, initial_state=None, mask=None, training=False):
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
