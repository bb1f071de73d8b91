"""One step of recurrent layers."""

from __future__ import annotations

import numpy as np

from pyconv import activations, ops
from pyconv.layers.layer import Layer
from pyconv.random.seed_generator import SeedGenerator
from pyconv.utils.arguments import fraction, whole


class Cell(Layer):
    """Base of cells with `gates` gates, whose weights lie side by side.

    Called on (inputs, states): (output, states). `masks` draws what is dropped of inputs and states
    in training, once for all steps.
    """

    gates: int
    states: int = 1

    def __init__(
        self,
        units,
        activation,
        use_bias,
        kernel_initializer,
        recurrent_initializer,
        bias_initializer,
        kernel_regularizer,
        recurrent_regularizer,
        bias_regularizer,
        kernel_constraint,
        recurrent_constraint,
        bias_constraint,
        dropout,
        recurrent_dropout,
        seed,
        recurrent_activation=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.units = whole(units, "units")
        self.activation = activations.get(activation)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.use_bias = use_bias
        self.keep_arguments("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self.keep_arguments(
            "recurrent", recurrent_initializer, recurrent_regularizer, recurrent_constraint
        )
        self.keep_arguments("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.dropout = fraction(dropout, "dropout", below_one=True)
        self.recurrent_dropout = fraction(recurrent_dropout, "recurrent_dropout", below_one=True)
        self.seed = seed
        self.seed_generator = SeedGenerator(seed)
        self.bias = None

    @property
    def state_size(self):
        """The size of the state, or of each of them."""
        return self.units if self.states == 1 else [self.units] * self.states

    def build(self, input_shape):
        width = self.gates * self.units
        self.kernel = self.add_argued_weight("kernel", (input_shape[-1], width))
        self.recurrent_kernel = self.add_argued_weight(
            "recurrent_kernel", (self.units, width), "recurrent"
        )
        if self.use_bias:
            self.bias = self.add_argued_weight("bias", self.bias_shape(width))

    def bias_shape(self, width: int) -> tuple:
        return (width,)

    def masks(self, x, state):
        """What inputs and states are multiplied by in training."""
        key = self.seed_generator.state
        return [
            ops.dropout(ops.ones_like(t), rate, key) if rate else None
            for t, rate in ((x, self.dropout), (state, self.recurrent_dropout))
        ]

    def call(self, inputs, states, training=False, masks=None):
        state = states if self.states == 1 and not isinstance(states, (list, tuple)) else states[0]
        if training and masks is None:
            masks = self.masks(inputs, state)
        x, h = (
            t if mask is None else t * mask
            for t, mask in zip((inputs, state), masks or (None, None), strict=True)
        )
        return self.step(x, h, states)

    def step(self, x, h, states) -> tuple:
        """(output, states), from inputs and state of which parts are dropped."""
        raise NotImplementedError(f"{type(self).__name__} must define step")

    def mixed(self, x, h):
        """x W + h U + b."""
        z = ops.matmul(x, self.kernel) + ops.matmul(h, self.recurrent_kernel)
        return z if self.bias is None else z + self.bias

    def gate(self, z, i: int):
        """The i-th part of the last axis."""
        return z[..., i * self.units : (i + 1) * self.units]

    def get_initial_state(self, batch_size=None):
        """States of zeros for so many examples."""
        return [ops.zeros((batch_size, self.units)) for _ in range(self.states)]


class SimpleRNNCell(Cell):
    """One step of `SimpleRNN`, whose arguments it has: h' = f(x W + h U + b).

    Example:
        >>> import numpy as np
        >>> output, states = SimpleRNNCell(4)(np.ones((2, 3)), [np.zeros((2, 4))])
        >>> output.shape
        (2, 4)
    """

    gates = 1

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
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        seed=None,
        **kwargs,
    ):
        super().__init__(
            units,
            activation,
            use_bias,
            kernel_initializer,
            recurrent_initializer,
            bias_initializer,
            kernel_regularizer,
            recurrent_regularizer,
            bias_regularizer,
            kernel_constraint,
            recurrent_constraint,
            bias_constraint,
            dropout,
            recurrent_dropout,
            seed,
            **kwargs,
        )

    def step(self, x, h, states):
        output = self.activation(self.mixed(x, h))
        return output, [output]


class LSTMCell(Cell):
    """One step of `LSTM`, whose arguments it has: with z = x W + h U + b in four parts, c' = s(z_1)
    c + s(z_0) f(z_2), h' = s(z_3) f(c') (Hochreiter & Schmidhuber 1997).

    Example:
        >>> import numpy as np
        >>> output, states = LSTMCell(4)(np.ones((2, 3)), [np.zeros((2, 4)), np.zeros((2, 4))])
        >>> output.shape, len(states)
        ((2, 4), 2)
    """

    gates, states = 4, 2

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
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        seed=None,
        **kwargs,
    ):
        super().__init__(
            units,
            activation,
            use_bias,
            kernel_initializer,
            recurrent_initializer,
            bias_initializer,
            kernel_regularizer,
            recurrent_regularizer,
            bias_regularizer,
            kernel_constraint,
            recurrent_constraint,
            bias_constraint,
            dropout,
            recurrent_dropout,
            seed,
            recurrent_activation=recurrent_activation,
            **kwargs,
        )
        self.unit_forget_bias = unit_forget_bias

    def drawing(self, name, initializer):
        if name == "bias" and self.unit_forget_bias:
            return forgetting(initializer)
        return initializer

    def step(self, x, h, states):
        return long_short(self, self.mixed(x, h), states[1])


def forgetting(initializer):
    """An initializer of four biases side by side, the second, of what is forgotten, ones."""

    def initialize(shape, dtype="float32"):
        bias = np.array(initializer(shape, dtype))
        size = shape[-1] // 4
        bias[..., size : 2 * size] = 1
        return bias

    return initialize


def long_short(cell, z, carried) -> tuple:
    """(output, states) of long short-term memory from its four gates before their activations."""
    enters, stays, news, leaves = (cell.gate(z, i) for i in range(4))
    c = cell.recurrent_activation(stays) * carried
    c = c + cell.recurrent_activation(enters) * cell.activation(news)
    h = cell.recurrent_activation(leaves) * cell.activation(c)
    return h, [h, c]


class GRUCell(Cell):
    """One step of `GRU`, whose arguments it has: h' = z h + (1 - z) f(n) with gates z, r = s(x W +
    h U + b) and n = x W_n + r (h U_n + b_n), or (r h) U_n without `reset_after` (Cho et al. 2014).

    Example:
        >>> import numpy as np
        >>> output, states = GRUCell(4)(np.ones((2, 3)), [np.zeros((2, 4))])
        >>> output.shape
        (2, 4)
    """

    gates = 3

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
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        reset_after=True,
        seed=None,
        **kwargs,
    ):
        super().__init__(
            units,
            activation,
            use_bias,
            kernel_initializer,
            recurrent_initializer,
            bias_initializer,
            kernel_regularizer,
            recurrent_regularizer,
            bias_regularizer,
            kernel_constraint,
            recurrent_constraint,
            bias_constraint,
            dropout,
            recurrent_dropout,
            seed,
            recurrent_activation=recurrent_activation,
            **kwargs,
        )
        self.reset_after = bool(reset_after)

    def bias_shape(self, width):
        return (2, width) if self.reset_after else (width,)

    def step(self, x, h, states):
        before = states[0] if isinstance(states, (list, tuple)) else states
        x = ops.matmul(x, self.kernel)
        if self.bias is not None:
            x = x + (self.bias[0] if self.reset_after else self.bias)
        recurrent = ops.matmul(h, self.recurrent_kernel) if self.reset_after else self._first(h)
        if self.reset_after and self.bias is not None:
            recurrent = recurrent + self.bias[1]
        z, r = (
            self.recurrent_activation(self.gate(x, i) + self.gate(recurrent, i)) for i in (0, 1)
        )
        if self.reset_after:
            past = r * self.gate(recurrent, 2)
        else:
            past = ops.matmul(r * h, self.gate(self.recurrent_kernel, 2))
        output = z * before + (1.0 - z) * self.activation(self.gate(x, 2) + past)
        return output, [output]

    def _first(self, h):
        """h U of the two gates."""
        return ops.matmul(h, self.recurrent_kernel[:, : 2 * self.units])
