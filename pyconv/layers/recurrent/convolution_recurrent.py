"""Recurrent layers whose products are convolutions."""

from __future__ import annotations

from pyconv import ops
from pyconv.layers.input_spec import InputSpec
from pyconv.layers.recurrent.cell import Cell
from pyconv.layers.recurrent.cells import forgetting, long_short
from pyconv.layers.recurrent.rnn import OwnCellRNN
from pyconv.layers.spatial import channels_to, layout, shape_to
from pyconv.ops.geometry import make_geometry, per_axis
from pyconv.utils.arguments import whole
from pyconv.utils.nest import map_structure


class ConvLSTMCell(Cell):
    """One step of ConvLSTM1D to 3D, channels last."""

    gates, states = 4, 2

    def __init__(self, filters, kernel_size, strides, padding, dilation_rate, rank, **kwargs):
        super().__init__(filters, **kwargs)
        self.rank = rank
        self.filters = whole(filters, "filters")
        self.kernel_size = per_axis(kernel_size, rank, "kernel_size")
        geometry = make_geometry(rank, strides, padding, dilation_rate)
        self.strides, self.dilation_rate = geometry.strides, geometry.dilation
        self.padding = geometry.padding

    def build(self, input_shape):
        width = 4 * self.filters
        self.kernel = self.add_argued_weight("kernel", (*self.kernel_size, input_shape[-1], width))
        self.recurrent_kernel = self.add_argued_weight(
            "recurrent_kernel", (*self.kernel_size, self.filters, width), "recurrent"
        )
        if self.use_bias:
            self.bias = self.add_argued_weight("bias", (width,))

    def drawing(self, name, initializer):
        if name == "bias" and self.unit_forget_bias:
            return forgetting(initializer)
        return initializer

    def step(self, x, h, states):
        geometry = {"strides": self.strides, "dilation_rate": self.dilation_rate}
        z = ops.conv(x, self.kernel, padding=self.padding, **geometry)
        z = z if self.bias is None else z + self.bias
        return long_short(self, z + ops.conv(h, self.recurrent_kernel, padding="same"), states[1])

    def state_shape(self, shape) -> tuple:
        """The shape of a state for inputs of a shape."""
        arguments = (self.kernel_size, self.strides, self.padding, self.dilation_rate)
        return (shape[0], *ops.conv_output_size(shape[1:-1], *arguments), self.filters)


class ConvLSTM(OwnCellRNN):
    """Base of ConvLSTM1D to 3D, which differ in `rank` only."""

    rank: int

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
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
        **kwargs,
    ):
        cell = ConvLSTMCell(
            filters,
            kernel_size,
            strides,
            padding,
            dilation_rate,
            self.rank,
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
            seed=seed,
            name="conv_lstm_cell",
        )
        cell.unit_forget_bias = self.unit_forget_bias = unit_forget_bias
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
        self.data_format = layout(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 3)
        arguments = ("activation", "recurrent_activation", "use_bias", "dropout", "seed")
        weights = [
            f"{weight}_{what}"
            for weight in ("kernel", "recurrent", "bias")
            for what in ("initializer", "regularizer", "constraint")
        ]
        for name in (*arguments, "recurrent_dropout", *weights):
            setattr(self, name, getattr(cell, name))

    def _step_shape(self, shape) -> tuple:
        """The shape of one step, channels last."""
        shape = (shape[0], *shape[2:])
        return shape_to(-1, 1, shape) if self.data_format == "channels_first" else shape

    def build(self, sequences_shape, initial_state_shape=None):
        if not self.cell.built:
            self.cell.path = f"{self.path}/{self.cell.name}"
            self.cell.build(self._step_shape(sequences_shape))

    def call(self, sequences, initial_state=None, mask=None, training=False):
        if self.data_format == "channels_last":
            return super().call(sequences, initial_state, mask, training)
        sequences = ops.moveaxis(sequences, 2, -1)
        if initial_state is not None:
            initial_state = [channels_to(-1, state) for state in initial_state]
        outputs = super().call(sequences, initial_state, mask, training)
        return map_structure(self._channels_first, outputs)

    def _channels_first(self, x):
        return ops.moveaxis(x, -1, 2 if len(x.shape) == self.rank + 3 else 1)

    def _initial(self, sequences):
        n, _, *sizes = sequences.shape
        return [ops.zeros(self.cell.state_shape((n, *sizes))) for _ in (0, 1)]

    def compute_output_shape(self, sequences_shape, initial_state_shape=None):
        state = self.cell.state_shape(self._step_shape(sequences_shape))
        if self.data_format == "channels_first":
            state = shape_to(1, -1, state)
        n, steps, *_ = sequences_shape
        result = (n, steps, *state[1:]) if self.return_sequences else state
        return [result, state, state] if self.return_state else result


class ConvLSTM1D(ConvLSTM):
    """Long short-term memory whose products are convolutions (Shi et al. 2015): over a sequence of
    sequences.

    Args:
        filters: number of output channels.
        kernel_size, strides, padding, data_format, dilation_rate: of the convolution of the inputs,
            as in `Conv1D`; that of the states has strides of 1 and "same".
        activation, recurrent_activation, use_bias, initializers, regularizers, constraints,
            unit_forget_bias, dropout, recurrent_dropout, seed: as of `LSTM`.
        return_sequences, return_state, go_backwards, stateful: as of `RNN`.

    Returns:
        Called on (n, steps, t, channels), of a known number of steps: (n, t', filters), or (n,
        steps, t', filters).

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> ConvLSTM1D(4, 3, padding="same").compute_output_shape((None, 5, 8, 2))
        (None, 8, 4)
    """

    rank = 1


class ConvLSTM2D(ConvLSTM):
    """The same over films (n, steps, height, width, channels); arguments as of `ConvLSTM1D`.

    Example:
        >>> layer = ConvLSTM2D(4, 3, padding="same", return_sequences=True)
        >>> layer.compute_output_shape((None, 5, 8, 8, 1))
        (None, 5, 8, 8, 4)
    """

    rank = 2


class ConvLSTM3D(ConvLSTM):
    """The same over volumes that change; arguments as of `ConvLSTM1D`.

    Example:
        >>> ConvLSTM3D(4, 3).compute_output_shape((None, 5, 8, 8, 8, 1))
        (None, 6, 6, 6, 4)
    """

    rank = 3
