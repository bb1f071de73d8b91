"""Op records while a plan is made."""

from __future__ import annotations

from functools import cached_property

from pyconv import core
from pyconv.plan.memory import Buffer

#: Bytes that a record may write and yet go ahead of all that could come next.
SMALL = 256 * 1024


class Record:
    """One op record while a plan is made: the op's name, its buffers and its numbers.

    `origin` is the layer that it belongs to; `numbers` the entries of its list, some of which may
    be buffers that the op changes; `after` what has to be written before it although it does not
    read it.
    """

    def __init__(self, name: str, origin: str, buffers: dict, params: dict, constants, numbers):
        self.name = name
        self.origin = origin
        self.buffers: dict[str, Buffer] = buffers
        self.params = params
        self.constants = constants
        self.numbers = numbers
        self.after: list[Buffer] = []

    def replace(self, others: dict[Buffer, Buffer]) -> None:
        """Puts other buffers in the place of some."""
        self.buffers = {name: others.get(b, b) for name, b in self.buffers.items()}
        self.numbers = [others.get(x, x) if isinstance(x, Buffer) else x for x in self.numbers]

    @property
    def listed(self) -> list[Buffer]:
        """The buffers among the numbers."""
        return [x for x in self.numbers if isinstance(x, Buffer)]

    @property
    def written(self) -> list[Buffer]:
        """The buffers that the op changes."""
        names = core.OP_TYPES[self.name].written
        return [b for name, b in self.buffers.items() if name in names] + self.listed

    @property
    def used(self) -> list[Buffer]:
        """All buffers that the op reads or changes."""
        return [*self.buffers.values(), *self.listed]

    @property
    def may_fail(self) -> bool:
        """Whether the op checks what it reads and may end the run."""
        return core.OP_TYPES[self.name].may_fail

    @property
    def lasts(self) -> bool:
        """Whether it changes memory that outlives the run, such as a variable's."""
        return any(b.slot > 0 for b in self.written)

    @cached_property
    def by_example(self) -> bool:
        """Whether examples do not meet in the op."""
        return core.by_example(self.name, self.params)

    @cached_property
    def sums(self) -> int:
        """Bytes of what it sums over the examples, which do not meet otherwise; 0: it does not."""
        if not core.sums(self.name, self.params):
            return 0
        return sum(b.nbytes for b in self.written)

    @property
    def alone(self) -> str:
        """What it is outside of stripes: "small" or "large", by what it writes."""
        return "small" if sum(b.held for b in self.written) <= SMALL else "large"

    @cached_property
    def kind(self) -> str:
        """ "stripe": examples do not meet but in sums; else what it is alone."""
        return "stripe" if self.by_example or self.sums else self.alone
