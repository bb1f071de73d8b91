"""Functions of arrays: traced once for each shape, then run as plans."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from weakref import WeakSet

import numpy as np

from pyconv import core
from pyconv.graph import Node, Op, Tensor, Trace, Variable, as_tensor, placeholder
from pyconv.graph.tensor import Spec
from pyconv.plan.lower import Lowering

_functions: WeakSet[Function] = WeakSet()


def forget_plans() -> None:
    """All functions make their plans again, where a choice has changed that plans follow."""
    for function in list(_functions):
        function.executables = OrderedDict()


class Executable:
    """One plan, and the shapes of what it returns.

    Attributes:
        work: what each op record moves and multiplies.
        lives: the buffers of the arena.
        own: the storages that the plan made, of packed kernels and constants.
        before, after: what to call before and after each run, see `Trace`.
    """

    __slots__ = ("after", "before", "lives", "outputs", "own", "plan", "work")

    def __init__(self, lowering: Lowering, outputs: list[Spec], trace: Trace):
        self.plan = lowering.plan()
        self.before, self.after = trace.before, trace.after
        self.work, self.lives, self.own = lowering.work, lowering.lives, lowering.own
        self.outputs = [
            (spec.batched, spec.shape[1:] if spec.batched else spec.shape, np.dtype(spec.dtype))
            for spec in outputs
        ]

    @property
    def by_example(self) -> bool:
        """Whether every result has a row for each example."""
        return all(batched for batched, _, _ in self.outputs)

    def results(self, n: int) -> list[np.ndarray]:
        """Arrays for what it returns of n examples."""
        return [
            np.empty((n, *shape) if batched else shape, dtype)
            for batched, shape, dtype in self.outputs
        ]

    def run(self, arena: core.Arena, n: int, arrays: tuple, results=None):
        """Runs the plan, with what belongs before and after it; see `compute`."""
        for call in self.before:
            call()
        results = self.compute(arena, n, arrays, None, results)
        for call in self.after:
            call()
        return results

    def compute(self, arena: core.Arena, n: int, arrays: tuple, seconds=None, results=None):
        """Runs the plan alone and returns its results, which are written into `results` if given;
        adds to `seconds` what each op takes."""
        if results is None:
            results = self.results(n) if self.outputs else []
        self.plan.run(arena, n, (*arrays, *results), seconds)
        return results


class Function:
    """A Python function of symbolic tensors, callable on arrays.

    The first call with new shapes (the number of examples aside) traces the function, lowers the
    graph and keeps the plan. Assignments to variables during the trace happen at each call.

    Args:
        function: takes one tensor for each array and returns a list of tensors.
        arena: the memory it shares with others; its own by default.
        batched: whether the arrays' leading axis counts examples and may differ at each call.
        concrete: whether, where the trace fails because examples meet in a way that is not known
            for any number of them, plans are made for numbers of examples as for other sizes.

    Raises:
        Exception: what the trace raises, the last one of two.
    """

    #: Plans that are kept; the least recently used goes first.
    kept = 32

    def __init__(
        self,
        function: Callable[..., list[Tensor]],
        arena: core.Arena | None = None,
        batched: bool = True,
        concrete: bool = False,
    ):
        self.function = function
        self.arena = core.Arena() if arena is None else arena
        self.batched = batched
        self.concrete = concrete
        self.choices: dict[tuple, Callable] = {}
        self.executables: OrderedDict[tuple, Executable] = OrderedDict()
        _functions.add(self)

    def __call__(self, *arrays: np.ndarray, into: list[np.ndarray] | None = None):
        """Runs it on C-contiguous float32 or int32 arrays. Returns a list of arrays: `into`, or new
        ones."""
        executable = self.executable(arrays)
        n = arrays[0].shape[0] if self.batched else 0
        return executable.run(self.arena, n, arrays, into)

    def bound(self, arrays: tuple[np.ndarray, ...]) -> Callable[[], list[np.ndarray]]:
        """A call on these very arrays, which may be written anew from call to call; None where that
        does not hold, since what the plan does changes from time to time."""
        executable = self.executable(arrays)
        n = arrays[0].shape[0] if self.batched else 0
        return None if self.choices else partial(executable.run, self.arena, n, arrays)

    def executable(self, arrays: tuple[np.ndarray, ...]) -> Executable:
        """The plan for arrays of these shapes."""
        key = self._key(arrays)
        found = self.executables.get(key)
        if found is None:
            found = self._make(arrays)
            self.executables[self._key(arrays)] = found
            if len(self.executables) > self.kept:
                self.executables.popitem(last=False)
        elif len(self.executables) > 1:
            self.executables.move_to_end(key)
        return found

    def _key(self, arrays) -> tuple:
        """What a plan depends on."""
        if self.batched:
            key = tuple([(a.shape[1:], a.dtype.char) for a in arrays])
        else:
            key = tuple([(a.shape, a.dtype.char) for a in arrays])
        return (key, *[choice() for choice in self.choices.values()]) if self.choices else key

    def _make(self, arrays) -> Executable:
        if not (self.batched and self.concrete):
            return self._traced(arrays)
        try:
            return self._traced(arrays)
        except Exception:
            self.batched = False
        try:
            return self._traced(arrays)
        except Exception:
            self.batched = True
            raise

    def _traced(self, arrays) -> Executable:
        inputs = [
            placeholder((None, *a.shape[1:]) if self.batched else a.shape, a.dtype.name)
            for a in arrays
        ]
        with Trace() as trace:
            outputs = [as_tensor(t) for t in self.function(*inputs)]
        executable = Executable(Lowering(inputs, outputs, trace), [t.spec for t in outputs], trace)
        self.choices |= trace.choices
        return executable


class _OpFunction(Function):
    """One op on arrays of known shapes, of which a network has many."""

    kept = 256

    def __init__(self, op: Op, arena: core.Arena):
        super().__init__(lambda *inputs: Node(op, inputs).outputs, arena, batched=False)


_op_functions: OrderedDict[Op, _OpFunction] = OrderedDict()
_eager_arena = core.Arena()
_OPS_KEPT = 1024


def evaluate(op: Op, inputs) -> list[np.ndarray]:
    """Computes an op on arrays, numbers and variables at once."""
    function = _op_functions.get(op)
    if function is None:
        function = _op_functions[op] = _OpFunction(op, _eager_arena)
        if len(_op_functions) > _OPS_KEPT:
            _op_functions.popitem(last=False)
    else:
        _op_functions.move_to_end(op)
    return function(*(as_buffer(x) for x in inputs))


def as_buffer(value) -> np.ndarray:
    """The value as a C-contiguous array of a dtype that kernels have: int32 stays, other numbers
    become float32. Raises TypeError for what is not a number."""
    array = value.view if isinstance(value, Variable) else np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"expected numbers that float32 can hold, received dtype {array.dtype}; convert them "
            "with .astype('float32')"
        )
    dtype = np.int32 if array.dtype == np.int32 else np.float32
    return np.ascontiguousarray(array, dtype=dtype).reshape(array.shape)
