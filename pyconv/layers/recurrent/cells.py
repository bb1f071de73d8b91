"""One step of recurrent layers."""

from __future__ import annotations

import numpy as np

from pyconv import ops
from pyconv.layers.recurrent.cell import Cell


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
