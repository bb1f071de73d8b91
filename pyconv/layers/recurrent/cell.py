"""What the cells of recurrent layers share: weights of all gates side by side, dropout."""

from __future__ import annotations

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
