"""A cell from step to step. The steps are laid out one after another in a plan, so that their
number must be known."""

from __future__ import annotations

import inspect

from pyconv import ops
from pyconv.layers.input_spec import InputSpec
from pyconv.layers.layer import Layer
from pyconv.layers.recurrent.cell import Cell
from pyconv.layers.recurrent.stacked_cells import StackedRNNCells
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
        >>> from pyconv.layers import LSTMCell
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

    @property
    def state_size(self) -> list:
        """The size of each state, a list even of one."""
        sizes = self.cell.state_size
        return list(sizes) if isinstance(sizes, (list, tuple)) else [sizes]

    def get_initial_state(self, batch_size):
        """The states before the first step, zeros."""
        if hasattr(self.cell, "get_initial_state"):
            states = self.cell.get_initial_state(batch_size=batch_size)
            return list(states) if isinstance(states, (list, tuple)) else [states]
        return [ops.zeros((batch_size, size)) for size in self.state_size]

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

    def compute_mask(self, inputs, mask):
        steps = flatten(mask)[0] if self.return_sequences else None
        return [steps, *(None for _ in self.state_size)] if self.return_state else steps

    def compute_output_shape(self, sequences_shape, initial_state_shape=None):
        n, steps, *_ = sequences_shape
        sizes = self.state_size
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
        self.input_spec = InputSpec(ndim=3)
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
