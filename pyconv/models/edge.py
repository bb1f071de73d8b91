"""The edge of a model: what runs in Python on a batch, strings too, ahead of plans."""

import numpy as np

from pyconv.layers.features.array_layer import ArrayLayer


class Passed(list):
    """The inputs of a model that have passed its edge: one for each of `Edge.tensors`."""


class Edge:
    """The calls of layers that no plan has, on a model's inputs and on what such calls return.

    Args:
        inputs: the model's symbolic inputs.
        steps: these calls, each after those that it needs.
        tensors: what the rest of the model needs of the inputs and of what the calls return.

    Raises:
        ValueError: the rest needs strings.
    """

    def __init__(self, inputs, steps, tensors):
        self._inputs = inputs
        self.steps = steps
        self.tensors = tensors
        if any(t.dtype == "string" for t in tensors):
            raise ValueError(
                "expected strings to become numbers at the entrance of a model, received a model "
                "that computes with them or returns them; begin with TextVectorization, "
                "StringLookup or Hashing"
            )

    def __call__(self, arrays):
        """The arrays, of the dtypes that plans read, for `tensors`, given those for the inputs."""
        values = {id(t): array for t, array in zip(self._inputs, arrays, strict=True)}
        for step in self.steps:
            results = step.run(lambda x: values.get(id(x), x), {})
            values.update(zip(map(id, step.outputs), results, strict=True))
        return [np.ascontiguousarray(values[id(t)], t.dtype) for t in self.tensors]


def edge_of(inputs, steps, outputs):
    """The edge of a network of calls; None where plans do all."""
    early, ahead = {id(t) for t in inputs}, []
    leading = _leading_to_arrays(steps)
    for step in steps:
        if step in leading and early.issuperset(map(id, step.inputs)):
            ahead.append(step)
            early.update(map(id, step.outputs))
    if not ahead and all(t.dtype != "string" for t in inputs):
        return None
    behind = [t for step in steps if step not in ahead for t in step.inputs]
    needed = {id(t): t for t in (*behind, *outputs) if id(t) in early}
    return Edge(inputs, ahead, list(needed.values()))


def _leading_to_arrays(steps):
    """Calls of layers that no plan has, and those that make what these read, without weights that
    training would change."""
    needed, leading = set(), []
    for step in reversed(steps):
        trained = getattr(step.operation, "trainable_weights", ())
        wanted = needed.intersection(map(id, step.outputs)) and not trained
        if isinstance(step.operation, ArrayLayer) or wanted:
            leading.append(step)
            needed.update(map(id, step.inputs))
    return leading
