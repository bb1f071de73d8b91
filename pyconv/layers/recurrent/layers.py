"""Recurrent layers with cells of their own: LSTM, GRU, SimpleRNN."""

from __future__ import annotations

from pyconv.layers.recurrent.cells import GRUCell, LSTMCell, SimpleRNNCell
from pyconv.layers.recurrent.rnn import OwnCellRNN


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
