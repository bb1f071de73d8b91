"""Optimizer updates: nodes that change variables where they lie, at the end of a step."""

from __future__ import annotations

from math import inf, prod

from pyconv import core
from pyconv.graph import Node, Op, Spec, Tensor, Variable, apply, current_trace

RULES = core.FUNCTIONS["update"]

#: Numbers that an update reads: what decaying variables lose, what an average keeps of itself, and
#: the rule's constants.
SCALARS = 11

#: Elements of a variable that is updated as soon as its gradient is there.
LARGE = 1 << 16

#: Arrays that a rule keeps of each variable, at most.
_STATES = 3

#: The place of the number of elements in a segment.
_ELEMENTS = 3 + _STATES

_NORMS = ("none", "each", "all")


class Update(Op):
    """One sweep over all variables, by a rule of `kernels/optimizer.h`.

    Inputs: scalars, the variables, each kind of states, the averages where there are some, and the
    gradients (none for the rule "none"). Outputs: the variables, states and averages, changed.
    """

    rule: str
    decay: tuple[bool, ...]
    states: int
    average: bool
    clip: float = inf
    norms: str = "none"
    norm: float = inf
    in_place = True

    def _kept(self) -> int:
        return len(self.decay) * (1 + self.states + self.average)

    def infer(self, scalars: Spec, *inputs: Spec) -> tuple[Spec, ...]:
        return inputs[: self._kept()]

    def lower(self, lowering, node: Node) -> None:
        scalars, *inputs = node.inputs
        kept = [lowering.in_place(t, x) for t, x in zip(node.outputs, inputs, strict=False)]
        gradients = [lowering.buffer(t) for t in inputs[len(kept) :]]
        segments = self._segments(kept + gradients, inputs)
        scales = self._scales(lowering, segments) if self.norms == "all" else None
        for group in _sweeps(segments):
            if self.norms == "each":
                scales = self._scales(lowering, group)
            buffers = {"scalars": scalars, "scales": scales}
            self._emit(lowering, "update", buffers, self.clip, group)

    def _emit(self, lowering, name: str, buffers: dict, bound: float, segments: list) -> None:
        lowering.emit(
            name,
            buffers,
            {"bound": bound},
            [number for segment in segments for number in segment],
            segments=len(segments),
            rule=RULES.index(self.rule),
            norms=_NORMS.index(self.norms),
        )

    def _segments(self, buffers: list, inputs: list[Tensor]) -> list[tuple]:
        """What the records' lists are made of: see `struct segment`."""
        count, none = len(self.decay), [-1] * len(self.decay)
        kinds = [buffers[i : i + count] for i in range(0, len(buffers), count)]
        states = kinds[1 : 1 + self.states] + [none] * (_STATES - self.states)
        averages = kinds[1 + self.states] if self.average else none
        gradients = buffers[self._kept() :] or none
        sizes = [prod(t.shape) for t in inputs[:count]]
        decay = [int(d) for d in self.decay]
        return list(zip(kinds[0], gradients, *states, averages, sizes, decay, strict=True))

    def _scales(self, lowering, segments: list):
        """Factors that shorten the gradients whose norm is above the bound."""
        scales = lowering.temporary((len(segments) if self.norms == "each" else 1,))
        self._emit(lowering, "gradient_scales", {"scales": scales}, self.norm, segments)
        return scales


def _sweeps(segments: list[tuple]) -> list[list[tuple]]:
    """Large variables one by one, from the last layer on, in the order in which their gradients
    come and may go; all others in one sweep."""
    large = [segment for segment in segments if segment[_ELEMENTS] >= LARGE]
    small = [segment for segment in segments if segment[_ELEMENTS] < LARGE]
    return [[segment] for segment in reversed(large)] + ([small] if small else [])


def update(
    rule: str,
    scalars: Variable,
    variables: list[Variable],
    gradients: list[Tensor],
    states: list[list[Variable]],
    decay: list[bool],
    averages: list[Variable] | None = None,
    **clipping,
) -> None:
    """Makes the update a part of the step that is being traced: gradients are shortened and
    clipped, variables decay, the rule changes them and its states, averages follow them.

    Args:
        rule: a name of `RULES`; "none" only averages.
        scalars: (SCALARS,): what decaying variables lose (weight decay times learning rate), what
            averages keep of themselves, and the rule's constants.
        variables, gradients, decay: for each variable its gradient and whether it decays.
        states: for each kind that the rule keeps, an array for each variable.
        averages: that of each variable, or None.
        clipping: `clip`, the largest magnitude of an element; `norms`, "each" or "all", and `norm`,
            the largest norm of each gradient or of all together.
    """
    kept = [*variables, *(v for kind in states for v in kind), *(averages or [])]
    op = Update(rule, tuple(decay), len(states), averages is not None, **clipping)
    outputs = apply(op, scalars, *kept, *gradients)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    for variable, output in zip(kept, outputs, strict=True):
        current_trace().assign(variable, output)
