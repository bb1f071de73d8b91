"""Optimizer updates: nodes that change variables where they lie, at the end of a step."""

from __future__ import annotations

from math import prod

from pyconv.graph import Node, Op, Spec, Tensor, Variable, apply, current_trace

#: Elements of a variable that is updated as soon as its gradient is there.
LARGE = 1 << 16


class SGDUpdate(Op):
    """Gradient descent with momentum over all variables in one sweep.

    Inputs: scalars (rate, momentum, decay), the variables, their gradients, optionally the
    velocity. Outputs: the variables, and the velocity, changed.
    """

    decay: tuple[bool, ...]
    nesterov: bool
    momentum: bool
    in_place = True

    def infer(self, scalars: Spec, *inputs: Spec) -> tuple[Spec, ...]:
        count = len(self.decay)
        return (*inputs[:count], *inputs[2 * count :])

    def lower(self, lowering, node: Node) -> None:
        count = len(self.decay)
        scalars, *rest = node.inputs
        variables, gradients, velocity = rest[:count], rest[count : 2 * count], rest[2 * count :]
        segments, offset = [], 0
        for variable, gradient, decay in zip(variables, gradients, self.decay, strict=True):
            size = prod(variable.shape)
            buffers = (lowering.buffer(variable), lowering.buffer(gradient))
            segments.append((*buffers, size, offset, int(decay)))
            offset += size
        for result, source in zip(node.outputs, [*variables, *velocity], strict=True):
            lowering.in_place(result, source)
        buffers = {"scalars": scalars, "velocity": velocity[0] if velocity else None}
        for group in _sweeps(segments):
            numbers = [number for segment in group for number in segment]
            lowering.emit(
                "sgd", buffers, numbers=numbers, segments=len(group), nesterov=int(self.nesterov)
            )


def _sweeps(segments: list[tuple]) -> list[list[tuple]]:
    """Large variables one by one, from the last layer on, in the order in which their gradients
    come and may go; all others in one sweep."""
    large = [segment for segment in segments if segment[2] >= LARGE]
    small = [segment for segment in segments if segment[2] < LARGE]
    return [[segment] for segment in reversed(large)] + ([small] if small else [])


def sgd_update(
    scalars: Variable,
    velocity: Variable | None,
    variables: list[Variable],
    gradients: list[Tensor],
    decay: list[bool],
    nesterov: bool = False,
) -> None:
    """Makes the update a part of the step that is being traced.

    w -= w wd lr where `decay`; then w -= lr g, or m = mu m - lr g and w += m (Polyak 1964), or
    w += mu m - lr g with the new m (Nesterov; Sutskever et al. 2013). As Keras.

    Args:
        scalars: (3,): learning rate lr, momentum mu, weight decay wd.
        velocity: (total size,): m of all variables one after another; None without momentum.
        variables, gradients, decay: for each variable its gradient and whether it decays.
        nesterov: whether the step looks ahead.
    """
    op = SGDUpdate(tuple(decay), nesterov, velocity is not None)
    kept = [] if velocity is None else [velocity]
    outputs = apply(op, scalars, *variables, *gradients, *kept)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    for variable, output in zip([*variables, *kept], outputs, strict=True):
        current_trace().assign(variable, output)
