"""GradientTape: gradients of what was computed while a tape recorded."""

from __future__ import annotations

import weakref
from contextlib import contextmanager
from math import inf

import numpy as np

from pyconv.graph.array import Array
from pyconv.graph.gradient import gradients
from pyconv.graph.node import next_number
from pyconv.graph.playback import forget, played
from pyconv.graph.recording import active_tapes, claim
from pyconv.graph.tensor import Tensor, constant
from pyconv.graph.trace import Trace, current_trace
from pyconv.graph.variable import Variable, as_tensor
from pyconv.utils.nest import flatten, map_structure


class GradientTape:
    """Within `with GradientTape() as tape:` what is computed of variables is recorded.

    Calls on arrays evaluate as ever, and are nodes of a graph that knows its values where the tape
    watches an operand. The gradient is more graph, of which only the new nodes are evaluated, so
    that gradients nest. In a `train_step` that is traced all is symbolic, and so are its gradients.

    Args:
        persistent: whether gradients can be asked for more than once.
        watch_accessed_variables: whether trainable variables are watched as they are read.

    Example:
        >>> from pyconv import Variable
        >>> x = Variable(3.0)
        >>> with GradientTape() as tape:
        ...     y = x * x
        >>> tape.gradient(y, x).numpy()
        array(6., dtype=float32)
    """

    def __init__(self, persistent=False, watch_accessed_variables=True):
        self._persistent = persistent
        self._accessed = watch_accessed_variables
        self._within = None  # the list of active tapes that it was entered into
        self._used = False
        self.token = weakref.ref(self)  # what tensors know it by, so that they do not keep it
        hash(self.token)  # which works while the tape lives, and from then on
        self._leaves: dict[Variable, list[tuple[int, Tensor]]] = {}
        self.nodes: list = []  # what it recorded
        self._spans: list = []  # numbers of nodes before and after each time that it recorded

    # Recording

    def __enter__(self):
        if self._within is not None:
            raise ValueError("expected a tape that does not record yet, received one that does")
        self._within = active_tapes()
        self._within.append(self)
        self._spans.append((next_number(), inf))
        return self

    def __exit__(self, *exception):
        if self._within is not None:
            self._within.remove(self)
            self._spans[-1] = (self._spans[-1][0], next_number())
        self._within = None

    def __del__(self):
        self._release()

    def reset(self):
        """Forgets all that was recorded."""
        self._release()
        self._leaves.clear()
        self._spans = [] if self._within is None else [(next_number(), inf)]
        self._used = False

    @contextmanager
    def stop_recording(self):
        """Within it, nothing is recorded."""
        within = self._within
        if within is None:
            raise ValueError("expected a tape that records, received one that does not")
        self.__exit__()
        try:
            yield
        finally:
            self.__enter__()

    def watch(self, tensor):
        """Records what is computed of arrays, variables or tensors, or nests of them, from now on.

        Raises:
            TypeError: a NumPy array, of which the tape could not know when it is used.
        """
        for one in flatten(tensor):
            if isinstance(one, Variable):
                self._leaves.setdefault(one, [])
            elif isinstance(one, Array):
                if one.tensor is None:
                    one.tensor = constant(one)
                claim(one.tensor, [self])
            elif not isinstance(one, Tensor):
                raise TypeError(
                    "watch: expected variables or what ops return, received one of type "
                    f"{type(one).__name__}; use ops.convert_to_tensor"
                )

    def watched_variables(self):
        """The variables that were read while it recorded, a tuple."""
        return tuple(self._leaves)

    def watches(self, variable):
        """Whether it records what is computed of the variable."""
        return variable in self._leaves or (self._accessed and variable.watched)

    def leaf(self, variable):
        """What stands for the values that a variable has now; None where they were not read."""
        leaves = self._leaves.get(variable)
        return leaves[-1][1] if leaves and leaves[-1][0] == variable.version else None

    def note(self, variable, leaf):
        """Remembers what stands for the values that a variable has now."""
        if not self.watches(variable):
            return
        leaves = self._leaves.setdefault(variable, [])
        if not any(known is leaf for _, known in leaves):
            leaves.append((variable.version, leaf))
            if current_trace() is None:  # in a trace nodes are known by their numbers
                claim(leaf, [self])

    # Gradients

    def gradient(self, target, sources, output_gradients=None, unconnected_gradients="none"):
        """d (sum of the targets) / d sources.

        Args:
            target: what was computed, of any shape, or a nest of it.
            sources: a variable or what was watched, or a nest of them.
            output_gradients: what flows into each target; ones by default.
            unconnected_gradients: "none", or "zero" for zeros in place of None.

        Returns:
            Arrays (tensors in a trace) nested as the sources: None where a target does not depend
            on one.

        Raises:
            RuntimeError: a tape that is not persistent is used twice.
        """
        self._use()
        targets, wanted = flatten(target), flatten(sources)
        seeds = [None] * len(targets) if output_gradients is None else flatten(output_gradients)
        found = self._gradient(targets, seeds, wanted)
        self._end()
        if "zero" in str(getattr(unconnected_gradients, "value", unconnected_gradients)).lower():
            found = [
                _zeros(source) if g is None else g for g, source in zip(found, wanted, strict=True)
            ]
        rest = iter(found)
        return map_structure(lambda _: next(rest), sources)

    def jacobian(
        self,
        target,
        sources,
        unconnected_gradients="none",
        parallel_iterations=None,
        experimental_use_pfor=True,
    ):
        """d target / d sources, element by element of the target: arrays of the shape of the target
        and that of the source. Arguments as of `gradient`; the last two are accepted."""
        self._use()
        rows = [
            self._gradient([target], [row.reshape(np.shape(target))], flatten(sources))
            for row in np.eye(np.size(target), dtype="float32")
        ]
        self._end()
        columns = [
            None if any(g is None for g in column) else _stacked(column, np.shape(target))
            for column in zip(*rows, strict=True)
        ]
        if "zero" in str(unconnected_gradients).lower():
            columns = [
                np.zeros((*np.shape(target), *s.shape), "float32").view(Array) if g is None else g
                for g, s in zip(columns, flatten(sources), strict=True)
            ]
        rest = iter(columns)
        return map_structure(lambda _: next(rest), sources)

    def batch_jacobian(
        self,
        target,
        source,
        unconnected_gradients="none",
        parallel_iterations=None,
        experimental_use_pfor=True,
    ):
        """The jacobian of each example: (batch, target's axes, source's axes), where an example of
        the target depends on that of the source alone. Arguments as of `jacobian`."""
        self._use()
        shape = np.shape(target)
        size = int(np.prod(shape[1:]))
        seeds = np.eye(size, dtype="float32").reshape(size, 1, *shape[1:])
        rows = [
            self._gradient([target], [np.broadcast_to(seed, shape)], [source])[0] for seed in seeds
        ]
        self._end()
        if any(g is None for g in rows):
            zero = "zero" in str(unconnected_gradients).lower()
            return np.zeros((*shape, *source.shape[1:]), "float32").view(Array) if zero else None
        return _stacked(rows, shape[1:], axis=1)

    def _use(self):
        if self._used and not self._persistent:
            raise RuntimeError(
                "expected a tape that was not used yet, received one that has computed gradients; "
                "make it with GradientTape(persistent=True)"
            )
        self._used = True
        if not self._persistent and self._within is not None:
            self.__exit__()

    def _end(self):
        if not self._persistent:
            self._release()

    def _gradient(self, targets, seeds, sources):
        """A tensor or an array for each source, or None."""
        if current_trace() is not None:
            return self._derived(targets, seeds, [self._read(s) for s in sources])
        leaves = [self._recorded(source) for source in sources]
        pairs = [
            (t.tensor, seed)
            for t, seed in zip(targets, seeds, strict=True)
            if getattr(t, "tensor", None) is not None and self.token in t.tensor.tapes
        ]
        if not pairs:
            return [None] * len(sources)
        targets, seeds = zip(*pairs, strict=True)
        with Trace(draft=True) as draft:
            found = self._derived(targets, seeds, leaves)
        wanted = [t for t in found if t is not None]
        arrays = iter(played(wanted, draft.nodes, active_tapes()))
        return [None if tensor is None else next(arrays) for tensor in found]

    def _derived(self, targets, seeds, leaves):
        """For each list of tensors the sum of the gradients, or None."""
        targets = [as_tensor(t) for t in targets]
        seeds = [
            constant(np.float32(1)).broadcast_like(t) if seed is None else as_tensor(_seed(seed))
            for t, seed in zip(targets, seeds, strict=True)
        ]
        flows = iter(gradients(targets, seeds, flatten(leaves), among=self._saw))
        return [_total([g for g in [next(flows) for _ in row] if g is not None]) for row in leaves]

    def _saw(self, node):
        """Whether the node was made while it recorded."""
        return any(first < node.number < last for first, last in self._spans)

    def _read(self, source):
        """In a trace: what stood for a source when it was read."""
        if not isinstance(source, Variable):
            return [as_tensor(source)]
        return [leaf for _, leaf in self._leaves.get(source, ())] or [as_tensor(source)]

    def _recorded(self, source):
        """The tensors of a source that the tape watches."""
        if isinstance(source, Variable):
            return [leaf for _, leaf in self._leaves.get(source, ())]
        tensor = getattr(source, "tensor", None)
        return [tensor] if tensor is not None and self.token in tensor.tapes else []

    def _release(self):
        """Lets go of the values of all that no other tape watches."""
        for node in self.nodes:
            others = [self._leave(tensor) for tensor in node.outputs]
            if not any(others):
                forget(node)
        self.nodes.clear()
        for leaves in self._leaves.values():
            leaves.clear()

    def _leave(self, tensor):
        """Watches a tensor no more; whether another tape does."""
        tensor.tapes = tuple([token for token in tensor.tapes if token is not self.token])
        return any(token() is not None for token in tensor.tapes)


def _seed(seed):
    """What stands for the gradient that flows into a target."""
    tensor = getattr(seed, "tensor", None)
    return seed if tensor is None else tensor


def _total(tensors):
    total = None
    for tensor in tensors:
        total = tensor if total is None else total + tensor
    return total


def _zeros(source):
    zeros = np.zeros(source.shape, "float32")
    return constant(zeros) if isinstance(source, Tensor) else zeros.view(Array)


def _stacked(rows, shape, axis=0):
    """Rows for the elements of a shape, joined along an axis that becomes these axes."""
    stacked = np.stack(rows, axis=axis)
    rest = stacked.shape[:axis], stacked.shape[axis + 1 :]
    return stacked.reshape(*rest[0], *shape, *rest[1]).view(Array)
