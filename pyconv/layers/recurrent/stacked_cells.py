"""Cells on top of one another: one step of several recurrent layers."""

from __future__ import annotations

from pyconv.layers.layer import Layer


class StackedRNNCells(Layer):
    """Cells one on top of another, as one.

    Args:
        cells: the cells, the first of which gets the inputs.

    Example:
        >>> from pyconv.layers import GRUCell, LSTMCell
        >>> StackedRNNCells([LSTMCell(4), GRUCell(3)]).state_size
        [[4, 4], 3]
    """

    def __init__(self, cells, **kwargs):
        super().__init__(**kwargs)
        self.cells = list(cells)

    @property
    def state_size(self):
        """The sizes of the states of each cell."""
        return [cell.state_size for cell in self.cells]

    def get_initial_state(self, batch_size=None):
        """States of zeros for so many examples."""
        return [cell.get_initial_state(batch_size) for cell in self.cells]

    def build(self, input_shape):
        for cell in self.cells:
            cell.path = f"{self.path}/{cell.name}"
            if not cell.built:
                cell.build(input_shape)
            sizes = cell.state_size
            input_shape = (input_shape[0], sizes[0] if isinstance(sizes, list) else sizes)

    def call(self, inputs, states, training=False):
        new = []
        for cell, state in zip(self.cells, states, strict=True):
            inputs, state = cell(inputs, state, training=training)
            new.append(state)
        return inputs, new

    def get_config(self):
        from pyconv.saving import serialize_keras_object

        return {**super().get_config(), "cells": serialize_keras_object(self.cells)}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """The cells that `get_config` described."""
        from pyconv.saving import deserialize_keras_object

        cells = [deserialize_keras_object(cell, custom_objects) for cell in config["cells"]]
        return cls(**{**config, "cells": cells})
