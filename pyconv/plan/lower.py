"""Lowering: nodes with concrete shapes become op records over planned memory."""

from __future__ import annotations

import numpy as np

from pyconv import core
from pyconv.graph import Node, Spec, Tensor, Trace, Variable
from pyconv.graph.gradient import topological_order
from pyconv.graph.tensor import extent, row_size
from pyconv.plan.again import again
from pyconv.plan.fuse import fuse
from pyconv.plan.lasting import Lasting
from pyconv.plan.masks import masks
from pyconv.plan.memory import ITEM, LOCAL, SUM, Buffer, aligned, place
from pyconv.plan.overwrite import overwrite
from pyconv.plan.record import Record
from pyconv.plan.schedule import schedule
from pyconv.plan.work import lives_of, work_of


class Lowering:
    """Collects op records and buffers while ops lower themselves, then makes the plan.

    Ops use `emit`, `temporary`, `alias`, `packed` and `sum_examples`. What lasts from run to run is
    computed by a prologue, once and again after a variable that it comes from has changed.

    Attributes:
        own: the storages that the plan makes: of constants, packed kernels and what else lasts.
        work, lives: of the plan, once made: what each record does, how long each buffer lives.
    """

    def __init__(self, inputs: list[Tensor], outputs: list[Tensor], trace: Trace):
        self.records: list[Record] = []
        self.prologue: list[Record] = []
        self.buffers: list[Buffer] = []
        self.slots: list = [None]  # slot 0 is the arena
        self._of_tensor: dict[int, Buffer] = {}
        self._of_storage: dict[int, Buffer] = {}
        self._alive: list = []  # objects whose id is a key stay alive
        self.origin = ""
        self.own: list[core.Storage] = []
        self._constants: dict[tuple, core.Storage] = {}
        self._watched: dict[int, core.Storage] = {}
        self._finals = trace.values
        self.written = tuple(v.storage for v in trace.values)
        for tensor in inputs:
            self._bind(tensor)
        self._outputs = [(tensor, self._output(tensor)) for tensor in outputs]
        kept = outputs + list(trace.values.values())
        order = _in_place_last(topological_order(kept))
        self._lasting = Lasting(order, trace.values, outputs)
        self._ahead = False  # whether what lasts is being lowered
        self._computed_ahead: list[Buffer] = []
        self.nodes = fuse(order, kept, self._lasting)
        self._at = 0  # the place of the node that is being lowered

    def _bind(self, tensor: Tensor) -> None:
        """A slot for an array that comes with each run."""
        self._of_tensor[id(tensor)] = self._array_slot(tensor.spec)
        self._alive.append(tensor)

    def _array_slot(self, spec: Spec) -> Buffer:
        nbytes = spec.size_per_example * ITEM
        self.slots.append((0, nbytes) if spec.batched else (nbytes, 0))
        return self._new_buffer(spec, len(self.slots) - 1)

    def _output(self, tensor: Tensor) -> Buffer:
        """A slot for an array that each run returns; its maker writes into it directly."""
        buffer = self._array_slot(tensor.spec)
        if tensor.node is not None:
            self._of_tensor.setdefault(id(tensor), buffer)
        return buffer

    def _new_buffer(self, spec: Spec, slot: int = 0) -> Buffer:
        buffer = Buffer(spec.size_per_example * ITEM, spec.batched, slot)
        self.buffers.append(buffer)
        return buffer

    def _storage_buffer(self, storage, spec: Spec) -> Buffer:
        if id(storage) not in self._of_storage:
            self.slots.append(storage)
            self._of_storage[id(storage)] = self._new_buffer(spec, len(self.slots) - 1)
        return self._of_storage[id(storage)]

    def buffer(self, tensor: Tensor) -> Buffer:
        """Where a tensor lies."""
        if id(tensor) not in self._of_tensor:
            self._of_tensor[id(tensor)] = self._leaf_or_arena(tensor)
            self._alive.append(tensor)
        return self._of_tensor[id(tensor)]

    def _leaf_or_arena(self, tensor: Tensor) -> Buffer:
        if isinstance(tensor.value, Variable):
            return self._storage_buffer(tensor.value.storage, tensor.spec)
        if tensor.value is not None:
            return self._storage_buffer(self._constant(tensor.value), tensor.spec)
        if tensor.node is None:
            raise ValueError(
                f"{tensor!r} is not an input of this graph; expected every symbolic tensor to "
                "come from the model's own inputs: list it among them"
            )
        if tensor in self._lasting:
            return self._lasting_buffer(tensor.spec)
        return self._new_buffer(tensor.spec)

    def _lasting_buffer(self, spec: Spec) -> Buffer:
        self._computed_ahead.append(self._new_buffer(spec))
        return self._computed_ahead[-1]

    def _keep_lasting(self) -> None:
        """Gives what the prologue hands on to the runs one storage, which may have huge pages; the
        rest lies in the arena."""
        needed = {buffer for record in self.records for buffer in record.used}
        kept, size = [b for b in self._computed_ahead if b in needed], 0
        for buffer in kept:
            buffer.slot, buffer.offset = len(self.slots), size
            size += aligned(buffer.nbytes)
        if kept:
            self.slots.append(self._own_storage(size))

    def _constant(self, value: np.ndarray) -> core.Storage:
        """Storage with these values, the same for equal ones."""
        key = (value.dtype.char, value.tobytes())
        if key not in self._constants:
            storage = self._constants[key] = self._own_storage(value.nbytes)
            np.frombuffer(storage, value.dtype, value.size)[...] = value.ravel()
        return self._constants[key]

    def _own_storage(self, nbytes: int) -> core.Storage:
        self.own.append(core.Storage(nbytes))
        return self.own[-1]

    def temporary(self, shape, dtype: str = "float32") -> Buffer:
        """Memory that only this op's records use."""
        return self._new_buffer(Spec(tuple(shape), dtype))

    def alias(self, tensor: Tensor, source: Tensor) -> None:
        """The tensor has the same elements in the same order as its source: no record is needed,
        unless the tensor is an output of the plan or the source an input."""
        if id(tensor) in self._of_tensor:
            self.copy(source, self._of_tensor[id(tensor)], tensor.spec)
        else:
            self._of_tensor[id(tensor)] = self.buffer(source)
            self._alive.append(tensor)

    def in_place(self, tensor: Tensor, source: Tensor) -> Buffer:
        """The op changes the source's memory, a variable's, and calls the result `tensor`. It gets
        a copy of it where the source is still needed, as in a step of several updates."""
        buffer = self.buffer(source)
        if self._is_read_later(buffer, tensor):
            buffer = self._new_buffer(source.spec)
            self.copy(source, buffer, source.spec)
        self._of_tensor[id(tensor)] = buffer
        self._alive.append(tensor)
        return buffer

    def _is_read_later(self, buffer: Buffer, result: Tensor) -> bool:
        """Whether what comes after the node that is being lowered reads the buffer."""
        tensors = [t for node in self.nodes[self._at + 1 :] for t in node.inputs]
        tensors += [t for t, _ in self._outputs]
        tensors += [t for t in self._finals.values() if not isinstance(t.value, Variable)]
        known = (self._of_tensor.get(id(t)) or self._leaf_buffer(t) for t in tensors)
        return any(b is buffer for b in known)

    def _leaf_buffer(self, tensor: Tensor) -> Buffer | None:
        """Where a variable lies that was used before."""
        variable = tensor.value
        return (
            self._of_storage.get(id(variable.storage)) if isinstance(variable, Variable) else None
        )

    def copy(self, source, target, spec: Spec) -> None:
        """Copies all elements."""
        ones = {f"d{i}": 1 for i in range(1, 5)}
        strides = {f"{side}{i}": 0 for side in "xy" for i in range(1, 5)}
        count = row_size(spec.shape)
        self.emit(
            "copy",
            {"x": source, "y": target},
            **extent(spec.shape), **ones, d5=count, **strides,
            xn=count, yn=count, x5=1, y5=1, xo=0, yo=0,
        )  # fmt: skip

    def emit(self, name: str, buffers: dict, constants=None, numbers=(), **params) -> None:
        """Appends an op record. Buffers may be given as tensors; None is an absent one."""
        used = {
            key: self.buffer(b) if isinstance(b, Tensor) else b
            for key, b in buffers.items()
            if b is not None
        }
        self._append(name, used, constants or {}, numbers, params)

    def _append(self, name, used, constants, numbers, params) -> None:
        record = Record(name, self.origin, used, params, constants, numbers)
        (self.prologue if self._ahead else self.records).append(record)
        if self._ahead:
            slots = [self.slots[b.slot] for b in used.values() if b.slot > 0]
            self._watched |= {id(storage): storage for storage in slots}

    def lasts(self, tensor: Tensor) -> bool:
        """Whether it is the same in all runs, until something is assigned."""
        return tensor in self._lasting

    def packed(self, name: str, kernel: Tensor, params: dict) -> Buffer | None:
        """The kernel rearranged for op `name`; None where that op reads it as it is.

        A kernel that lasts is packed ahead of the plan.
        """
        size, each = core.packed_size(name, params), params["each"]
        if size == 0:
            return self.buffer(kernel)
        params = {**params, "pass": int(name == "conv_backward_data")}
        lasts, outer = self.lasts(kernel) and not each, self._ahead
        if lasts:
            target = self._lasting_buffer(Spec((size // ITEM,)))
        else:
            target = self.temporary((*kernel.shape[:each], size // ITEM))
        used = {"kernel": self.buffer(kernel), "packed": target}
        self._ahead = lasts
        self._append("conv_pack", used, {}, (), params)
        self._ahead = outer
        return target

    def sum_examples(self, parts: Buffer, target, shape: tuple) -> None:
        """Emits the sum over the leading axis of parts of this shape."""
        self.emit(
            "reduce",
            {"x": parts, "y": target},
            batched=int(shape[0] is None),
            outer=1,
            mid=1 if shape[0] is None else shape[0],
            inner=row_size(shape),
            axis=1,
            function=core.FUNCTIONS["reduce"].index("sum"),
        )

    def plan(self) -> core.Plan:
        """Lowers every node, places the buffers, and makes the plan."""
        for at, node in enumerate(self.nodes):
            self._at, self.origin = at, node.origin
            self._ahead = all(t in self._lasting for t in node.outputs)
            node.op.lower(self, node)
        self._ahead = False
        self._finish_outputs()
        self._finish_variables()
        self._keep_lasting()
        self.records, made = again(self.records)
        self.buffers += made
        units = [[record] for record in self.prologue] + schedule(self.records)
        self.buffers += masks(units)
        overwrite(units)
        records = [record for unit in units for record in unit]
        stripes = self._place_local(units)
        self.work, self.lives = [work_of(r) for r in records], lives_of(records)
        arena = [b for b in self.buffers if b.slot == 0]
        fixed = aligned(place(b for b in arena if not b.batched))
        each = place((b for b in arena if b.batched), centred=True)
        number = {b: i for i, b in enumerate(self.buffers)}
        return core.Plan(
            self.slots,
            [_location(b, fixed, number) for b in self.buffers],
            [_numbered(record, number) for record in records],
            (fixed, each),
            len(self.prologue),
            tuple(self._watched.values()),
            self.written,
            [
                (*stripe, [(number[b.whole], b.offset, b.nbytes // ITEM) for b in sums])
                for *stripe, sums in stripes
            ],
        )

    def _place_local(self, units: list[list[Record]]) -> list[tuple]:
        """Notes each buffer's life, counted in units; gives those that live within one stripe
        places in its local memory. Returns the stripes as the plan has them."""
        for u, unit in enumerate(units):
            for record in unit:
                for buffer in record.used:
                    buffer.use(u)
        stripes, start = [], 0
        for unit in units:
            if len(unit) > 1:
                sums = self._sums_of_parts(unit)
                local, touched = _place_stripe(unit)
                size = sum(aligned(b.nbytes) for b in sums)
                stripes.append((start, start + len(unit), local, touched, size, sums))
            start += len(unit)
        return stripes

    def _sums_of_parts(self, unit: list[Record]) -> list[Buffer]:
        """Has the stripe's sums written part by part: the buffers of a part, one after another."""
        parts, offset = [], 0
        for record in unit:
            for name, whole in record.buffers.items() if record.sums else ():
                if whole in record.written:
                    part = record.buffers[name] = Buffer(whole.nbytes, False, SUM)
                    part.whole, part.offset = whole, offset
                    offset += aligned(part.nbytes)
                    parts.append(part)
        self.buffers += parts
        return parts

    def _finish_outputs(self) -> None:
        self.origin = "outputs"
        for tensor, buffer in self._outputs:
            if self.buffer(tensor) is not buffer:
                self.copy(tensor, buffer, tensor.spec)

    def _finish_variables(self) -> None:
        self.origin = "assign"
        for variable, tensor in self._finals.items():
            home = self.buffer(variable.leaf)
            if self.buffer(tensor) is not home:
                self.copy(tensor, home, tensor.spec)


def _place_stripe(unit: list[Record]) -> tuple[int, int]:
    """Bytes for each example: (of the stripe's local memory, of all buffers that it touches)."""
    batched = {b: None for record in unit for b in record.used if b.batched}
    local = [b for b in batched if b.slot == 0 and b.first == b.last]
    for buffer in local:
        buffer.slot, buffer.first = LOCAL, None
    for i, record in enumerate(unit):
        for buffer in record.used:
            if buffer.slot == LOCAL:
                buffer.use(i)
    size = place(local, centred=True)
    return size, size + sum(b.nbytes for b in batched if b.slot != LOCAL)


def _location(buffer: Buffer, fixed: int, number: dict) -> tuple[int, int, int, int]:
    """(slot, offset, offset per example, bytes of each example): the arena's batched part follows
    its fixed one. A part's sum has its whole's number in the third place."""
    if buffer.slot == SUM:
        return (SUM, buffer.offset, number[buffer.whole], 0)
    each = buffer.nbytes if buffer.batched else 0
    if buffer.slot == 0 and buffer.batched:
        return (0, fixed, buffer.offset, each)
    return (buffer.slot, buffer.offset, 0, each)


def _numbered(record: Record, number: dict[Buffer, int]) -> tuple:
    """The record as `core.Plan` has it, buffers replaced by their numbers."""
    ids = {name: number[b] for name, b in record.buffers.items()}
    numbers = [number[x] if isinstance(x, Buffer) else x for x in record.numbers]
    return (record.name, record.origin, ids, record.params, record.constants, numbers)


def _in_place_last(order: list[Node]) -> list[Node]:
    """Nodes that change variables where they lie, and what needs those, after all others."""
    late: set[int] = set()
    for node in order:
        if getattr(node.op, "in_place", False) or any(
            id(t.node) in late for t in node.inputs if t.node is not None
        ):
            late.add(id(node))
    return [n for n in order if id(n) not in late] + [n for n in order if id(n) in late]
