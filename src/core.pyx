"""The door between Python and the C core: storage, plans, threads. No mathematics here."""

from cpython.buffer cimport (
    PyBUF_FORMAT, PyBUF_RECORDS_RO, PyBUF_WRITABLE, PyBUF_C_CONTIGUOUS, PyBuffer_FillInfo,
    PyBuffer_Release, PyObject_GetBuffer)
from libc.stdint cimport INT64_MAX, int32_t, int64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from interface cimport *


# ---------------------------------------------------------------------------------------------
# The machine

def isa() -> str:
    """Name of the instruction set that the kernels use."""
    return kernels_chosen().isa.decode()


def isa_note():
    """What to warn of about PYCONV_ISA, or None."""
    cdef const char *note = cpu_isa_note()
    return None if note is NULL else note.decode()


def cpu_name() -> str:
    """Brand of the CPU, "" when unknown."""
    return cpu_brand().decode()


def cache_sizes() -> tuple:
    """Bytes of the L1 data, L2 and L3 caches; 0 where unknown."""
    return tuple(cpu_cache_size(level) for level in (1, 2, 3))


def threading_backend() -> str:
    """How threads are made: "pthreads", "openmp" or "serial"."""
    return threads_backend().decode()


def get_num_threads() -> int:
    """Number of threads that a plan may use."""
    return threads_get()


def set_num_threads(int count):
    """Sets the number of threads; 0 goes back to the default."""
    threads_set(count)


def multiply_adds(int64_t rounds) -> int:
    """Does rounds of multiply-adds in registers alone; returns the number of operations."""
    cdef int64_t operations
    with nogil:
        operations = kernels_chosen().peak(rounds)
    return operations


# ---------------------------------------------------------------------------------------------
# What ops there are

cdef tuple split_names(const char *names):
    if names is NULL:
        return ()
    return tuple(name.strip() for name in names.decode().split(",") if name.strip())


cdef tuple enum_names(const char *const *names):
    cdef list result = []
    cdef int i = 0
    while names[i] is not NULL:
        result.append(names[i].decode())
        i += 1
    return tuple(result)


#: The functions that the ops `unary`, `binary`, `reduce` and `update` know, in the order of their
#: numbers.
FUNCTIONS = {
    "unary": enum_names(unary_names),
    "binary": enum_names(binary_names),
    "reduce": enum_names(reduce_names),
    "update": enum_names(update_names),
}


cdef class OpType:
    """Names of one op's buffers, params and constants, in the order of the C record."""
    cdef const op_type *c
    cdef readonly str name
    cdef readonly tuple buffers, params, constants
    cdef readonly frozenset optional, written, onto   # names of buffers
    cdef readonly bint may_fail

    @staticmethod
    cdef OpType wrap(const op_type *c):
        cdef OpType self = OpType.__new__(OpType)
        self.c = c
        self.name = c.name.decode()
        marked = split_names(c.buffers)
        self.buffers = tuple(name.rstrip("!?=") for name in marked)
        self.optional, self.written, self.onto = (
            frozenset(name.rstrip("!?=") for name in marked if mark in name) for mark in "?!=")
        self.params = split_names(c.params)
        self.may_fail = c.may_fail
        self.constants = split_names(c.constants)
        return self

    cdef fill(self, op *record, dict buffers, dict params, dict constants):
        """Writes the named numbers into a zeroed C record; every name must be known and given."""
        cdef int i
        record.type = self.c
        unknown = (set(buffers) - set(self.buffers) | set(params) - set(self.params)
                   | set(constants) - set(self.constants))
        if unknown:
            raise TypeError(f"op {self.name} has no {sorted(unknown)}")
        for i, name in enumerate(self.buffers):
            record.buffer[i] = buffers.get(name, -1) if name in self.optional else buffers[name]
        for i, name in enumerate(self.params):
            record.params[i] = params[name]
        for i, name in enumerate(self.constants):
            record.constants[i] = constants[name]


cdef dict all_op_types():
    cdef dict result = {}
    cdef OpType wrapped
    cdef int i = 0
    while op_type_all()[i] is not NULL:
        wrapped = OpType.wrap(op_type_all()[i])
        result[wrapped.name] = wrapped
        i += 1
    return result

#: Every op of the C core by name.
OP_TYPES = all_op_types()


cdef prepare(op *record, OpType op_type):
    if record.type.prepare is not NULL and record.type.prepare(record) != STATUS_OK:
        params = {name: record.params[i] for i, name in enumerate(op_type.params)}
        raise ValueError(f"op {op_type.name} cannot have these sizes: {params}")


cdef fill_alone(op *record, OpType op_type, dict params):
    """Prepares a record without buffers, to ask what it would need."""
    memset(record, 0, sizeof(op))
    op_type.fill(record, dict.fromkeys(op_type.buffers, -1), params,
                 dict.fromkeys(op_type.constants, 0.0))
    prepare(record, op_type)


def packed_size(str name, dict params) -> int:
    """Bytes of the packed kernel that an op with these params reads; 0: it reads none."""
    cdef op record
    fill_alone(&record, OP_TYPES[name], params)
    return record.packed


def sums(str name, dict params) -> bool:
    """Whether an op with these params sums over the examples, so that a slice of them gives a part
    of what it writes."""
    cdef op record
    cdef OpType op_type = OP_TYPES[name]
    if op_type.c.sums is NULL:
        return False
    fill_alone(&record, op_type, params)
    return op_type.c.sums(&record)


def by_example(str name, dict params) -> bool:
    """Whether examples do not meet in an op with these params, so that it may work on slices."""
    cdef op record
    cdef OpType op_type = OP_TYPES[name]
    if op_type.c.by_example is NULL:
        return False
    fill_alone(&record, op_type, params)
    return op_type.c.by_example(&record)


def fits(str name, dict params) -> bool:
    """Whether there is an op with these params."""
    cdef op record
    try:
        fill_alone(&record, OP_TYPES[name], params)
    except ValueError:
        return False
    return True


def conv_algorithm(str name, dict params) -> str:
    """The algorithm that a convolution op with these params would use."""
    cdef op record
    fill_alone(&record, OP_TYPES[name], params)
    return conv_algorithm_name(&record).decode()


def force_conv_algorithm(name) -> bool:
    """Ops that are prepared from now on use this algorithm where they can; None: the best. Returns
    False where there is no such algorithm."""
    if name is None:
        return conv_algorithm_force(NULL)
    return conv_algorithm_force((<str>name).encode())


# ---------------------------------------------------------------------------------------------
# Memory

cdef char *allocate(int64_t size) except NULL:
    cdef void *memory = memory_allocate(size)
    if memory is NULL:
        raise MemoryError(f"could not allocate {size} bytes")
    return <char *>memory


cdef class Storage:
    """Aligned, zeroed memory that a variable owns, and the number of times it was written."""
    cdef char *data
    cdef readonly int64_t nbytes
    cdef public int64_t version

    def __cinit__(self, int64_t nbytes):
        self.data = allocate(nbytes)
        memset(self.data, 0, nbytes)
        self.nbytes = nbytes

    def __dealloc__(self):
        free(self.data)

    def __getbuffer__(self, Py_buffer *view, int flags):
        PyBuffer_FillInfo(view, self, self.data, self.nbytes, 0, flags)


cdef class Block:
    """Memory of one run: arena, workspace, scratch."""
    cdef char *data
    cdef int64_t nbytes

    def __dealloc__(self):
        free(self.data)

    cdef grow(self, int64_t nbytes):
        if nbytes <= self.nbytes:
            return
        free(self.data)
        self.data = NULL
        self.nbytes = 0
        self.data = allocate(nbytes)
        self.nbytes = nbytes


cdef enum:
    SPARE_BLOCKS = 4
    # Nanoseconds of a run below which the GIL is kept. Handing it to another thread and back takes
    # longer: two threads that each ran 3 microseconds of work got 0.28 of one caller's throughput.
    HOLD_COST = 10000


cdef class Arena:
    """The memory in which plans run, as large as the largest plan needed. Runs that overlap, from
    several Python threads, get a block each; a few are kept."""
    cdef list spare

    def __cinit__(self):
        self.spare = []

    @property
    def nbytes(self) -> int:
        """Bytes that are held between runs."""
        return sum([(<Block>block).nbytes for block in self.spare])

    cdef Block take(self, int64_t nbytes):
        cdef Block block = self.spare.pop() if self.spare else Block.__new__(Block)
        block.grow(nbytes)
        return block

    cdef give(self, Block block):
        if len(self.spare) < SPARE_BLOCKS:
            self.spare.append(block)


# ---------------------------------------------------------------------------------------------
# Plans

cdef struct block_sizes:
    int64_t arena, local, workspace, scratch, slots, views   # bytes, in this order


class StepError(ValueError):
    """A step stopped before it changed anything: `status`, the `op` that failed, its `detail`."""

    def __init__(self, message, status, op, detail):
        super().__init__(message)
        self.status, self.op, self.detail = status, op, detail


cdef class Plan:
    """Op records over numbered buffers, ready to run.

    slots: one entry a slot. Slot 0, the arena, is None; a Storage is a variable's memory; a pair
        (bytes, bytes per example) is an array that each run binds, in this order.
    buffers: (slot, offset, offset per example, bytes of each example) in bytes; slot -1 is the
        local memory of a stripe, where offset is per example; slot -2 a part's sums (see `struct
        buffer`).
    ops: (name, origin, buffers, params, constants, list), with dicts of names; `origin` says in
        errors which layer the op belongs to.
    arena_bytes: (fixed, per example).
    prologue: the first ops, which run only when a Storage of `watched` has changed.
    written: the Storages whose version a run advances.
    stripes: (first op, last, local bytes, touched bytes per example, bytes of a part's sums, list
        of sums (buffer, offset, floats)), see `struct stripe`.
    """
    cdef plan c
    cdef char **slots
    cdef int32_t *bound          # slots that runs bind
    cdef int64_t *bound_fixed
    cdef int64_t *bound_each
    cdef int bound_count
    cdef readonly int prologue   # as many ops, which run when a watched Storage has changed
    cdef int64_t arena_fixed, arena_each, seen
    cdef readonly tuple storages  # of variables, constants and packed kernels
    cdef readonly tuple written  # the Storages that a run changes
    cdef tuple watched
    cdef readonly tuple ops      # (name, origin) of every op
    cdef readonly tuple stripes  # (first op, last) of every stripe

    def __cinit__(self, list slots, list buffers, list ops, tuple arena_bytes, int prologue=0,
                  tuple watched=(), tuple written=(), list stripes=None):
        self.arena_fixed, self.arena_each = arena_bytes
        self.prologue = prologue
        self.watched, self.written = watched, written
        self.seen = -1
        self.fill_slots(slots)
        self.fill_buffers(buffers)
        self.fill_ops(ops)
        self.fill_stripes(stripes or [])
        plan_prepare(&self.c)

    def __dealloc__(self):
        cdef int i
        for i in range(self.c.op_count):
            free(<void *>self.c.ops[i].list)
        free(self.c.ops)
        free(self.c.buffers)
        free(self.c.stripes)
        free(self.c.sums)
        free(self.slots)
        free(self.bound)
        free(self.bound_fixed)
        free(self.bound_each)

    cdef fill_slots(self, list slots):
        cdef Storage storage
        cdef int i
        self.c.slot_count = len(slots)
        self.slots = <char **>zeroed(len(slots), sizeof(char *))
        self.bound = <int32_t *>zeroed(len(slots), sizeof(int32_t))
        self.bound_fixed = <int64_t *>zeroed(len(slots), sizeof(int64_t))
        self.bound_each = <int64_t *>zeroed(len(slots), sizeof(int64_t))
        self.storages = tuple(s for s in slots if isinstance(s, Storage))
        for i, slot in enumerate(slots):
            if isinstance(slot, Storage):
                storage = slot
                self.slots[i] = storage.data
            elif slot is not None:
                self.bound[self.bound_count] = i
                self.bound_fixed[self.bound_count], self.bound_each[self.bound_count] = slot
                self.bound_count += 1

    cdef fill_buffers(self, list buffers):
        cdef int i
        self.c.buffers = <buffer *>zeroed(len(buffers), sizeof(buffer))
        self.c.buffer_count = len(buffers)
        for i, (slot, offset, offset_n, each) in enumerate(buffers):
            if not SLOT_SUM <= slot < self.c.slot_count:
                raise ValueError(f"buffer {i}: expected a slot below {self.c.slot_count}")
            self.c.buffers[i] = buffer(slot, offset, offset_n, each)

    cdef fill_ops(self, list ops):
        cdef OpType op_type
        cdef op *record
        cdef int i
        self.c.ops = <op *>zeroed(len(ops), sizeof(op))
        self.c.op_count = len(ops)
        self.ops = tuple((name, origin) for name, origin, _, _, _, _ in ops)
        for i, (name, _, buffers, params, constants, numbers) in enumerate(ops):
            op_type = OP_TYPES[name]
            record = &self.c.ops[i]
            op_type.fill(record, buffers, params, constants)
            if max(buffers.values()) >= self.c.buffer_count:
                raise ValueError(f"op {i}: expected buffers below {self.c.buffer_count}")
            if numbers:
                record.list = copy_list(numbers)
                record.list_count = len(numbers)
            prepare(record, op_type)

    cdef fill_stripes(self, list stripes):
        cdef int i, done = 0
        self.c.stripes = <stripe *>zeroed(len(stripes), sizeof(stripe))
        self.c.stripe_count = len(stripes)
        self.stripes = tuple((first, last) for first, last, *_ in stripes)
        self.c.sums = <stripe_sum *>zeroed(
            sum([len(sums) for *_, sums in stripes]), sizeof(stripe_sum))
        for i, (first, last, local, touched, size, sums) in enumerate(stripes):
            self.c.stripes[i] = stripe(
                first, last, local, touched, done, done + len(sums), size)
            for entry in sums:
                self.c.sums[done].whole, self.c.sums[done].offset, self.c.sums[done].count = entry
                done += 1

    cdef int64_t version(self):
        cdef int64_t total = 0
        for storage in self.watched:
            total += (<Storage>storage).version
        return total

    def run(self, Arena arena, int64_t n, tuple arrays, seconds=None):
        """Runs the plan on n examples. arrays: one C-contiguous array for each bound slot.

        seconds: None, or a float64 array with an element per op to which its time is added.
        """
        cdef run r
        cdef Py_buffer *views
        cdef Py_buffer timing
        cdef int held = 0, status
        cdef Block block
        if len(arrays) != self.bound_count:
            raise TypeError(f"expected {self.bound_count} arrays, received {len(arrays)}")
        memset(&r, 0, sizeof(r))
        timing.buf = NULL
        block = self.take_block(arena, &r, n, &views)
        try:
            while held < self.bound_count:
                PyObject_GetBuffer(arrays[held], &views[held], PyBUF_C_CONTIGUOUS)
                held += 1
                self.check_size(held - 1, views[held - 1].len, n)
                r.slots[self.bound[held - 1]] = <char *>views[held - 1].buf
            if seconds is not None:
                PyObject_GetBuffer(
                    seconds, &timing, PyBUF_C_CONTIGUOUS | PyBUF_WRITABLE | PyBUF_FORMAT)
                r.seconds = self.check_seconds(&timing)
                r.by_thread = <double *>zeroed(r.threads * self.c.op_count, sizeof(double))
            self.refresh(&r)
            r.cost = plan_cost(&self.c, self.prologue, self.c.op_count, n)
            if r.cost < HOLD_COST:
                status = plan_run(&r, self.prologue, self.c.op_count)
            else:
                with nogil:
                    status = plan_run(&r, self.prologue, self.c.op_count)
        finally:
            if timing.buf is not NULL:
                PyBuffer_Release(&timing)
            free(r.by_thread)
            while held > 0:
                held -= 1
                PyBuffer_Release(&views[held])
            arena.give(block)
        if status != STATUS_OK:
            self.fail(status, r.failed, r.detail)
        for storage in self.written:
            (<Storage>storage).version += 1

    cdef block_sizes sizes(self, int64_t n, int threads):
        """What one run on n examples needs."""
        cdef block_sizes s
        s.arena = align(self.arena_fixed + n * self.arena_each)
        s.local = align(plan_local(&self.c, n, threads))
        s.workspace = align(self.c.workspace)
        s.scratch = align(threads * self.c.scratch)
        s.slots = align(self.c.slot_count * sizeof(char *))
        s.views = self.bound_count * sizeof(Py_buffer)
        return s

    def memory(self, int64_t n) -> dict:
        """Bytes of a run on n examples, by what they are for: all lie in one block of an Arena."""
        return self.sizes(n, threads_get())

    cdef Block take_block(self, Arena arena, run *r, int64_t n, Py_buffer **views):
        """Memory for one run: arena, local memory, workspace, scratch, slots, views."""
        cdef int threads = threads_get()
        cdef block_sizes s = self.sizes(n, threads)
        cdef Block block = arena.take(
            s.arena + s.local + s.workspace + s.scratch + s.slots + s.views)
        r.plan = &self.c
        r.kernels = kernels_chosen()
        r.total = n
        r.threads = threads
        r.local = block.data + s.arena
        r.workspace = r.local + s.local
        r.scratch = r.workspace + s.workspace
        r.slots = <char **>(r.scratch + s.scratch)
        views[0] = <Py_buffer *>(r.scratch + s.scratch + s.slots)
        memcpy(r.slots, self.slots, self.c.slot_count * sizeof(char *))
        r.slots[0] = block.data
        return block

    cdef refresh(self, run *r):
        """Runs the prologue if a watched storage was written since it ran. The GIL is kept, so that
        of several callers one does it and the others find it done."""
        cdef int64_t version = self.version()
        cdef int status
        if self.prologue > 0 and version != self.seen:
            r.cost = plan_cost(&self.c, 0, self.prologue, r.total)
            status = plan_run(r, 0, self.prologue)
            if status != STATUS_OK:
                self.fail(status, r.failed, r.detail)
            self.seen = version

    cdef double *check_seconds(self, Py_buffer *timing) except NULL:
        if timing.len != self.c.op_count * <Py_ssize_t> sizeof(double) or timing.format != b"d":
            raise ValueError(f"seconds: expected a float64 array of {self.c.op_count} elements")
        return <double *>timing.buf

    cdef check_size(self, int i, int64_t nbytes, int64_t n):
        cdef int64_t expected = self.bound_fixed[i] + n * self.bound_each[i]
        if nbytes != expected:
            raise ValueError(f"array {i} of a plan has {nbytes} bytes, expected {expected}")

    cdef fail(self, int status, int op, int64_t detail):
        name, origin = self.ops[op]
        if status == STATUS_INDEX_RANGE:
            size = self.param(op, "mid")
            message = (f"{origin}: expected indices from {-size} to {size - 1}, received {detail}; "
                       "index within the axis")
        elif status == STATUS_LABEL_RANGE:
            classes = self.param(op, "classes")
            message = (f"{origin}: expected class labels from 0 to {classes - 1}, received "
                       f"{detail}; renumber the labels from 0")
            if detail >= classes:
                message += f", or give the last layer {detail + 1} units or more"
        elif status == STATUS_IMAGE_RANGE:
            message = (f"{origin}: expected indices of the images that there are, from 0, received "
                       f"{detail}; check the index of each box")
        else:
            message = f"{origin}: op {name} failed with status {status}"
        raise StepError(message, status, op, detail)

    cdef int64_t param(self, int op, str name):
        return self.c.ops[op].params[OP_TYPES[self.ops[op][0]].params.index(name)]


cdef void *zeroed(int64_t count, int64_t size) except NULL:
    cdef void *memory = calloc(max(count, 1), size)
    if memory is NULL:
        raise MemoryError(f"could not allocate {count * size} bytes")
    return memory


cdef int64_t align(int64_t size):
    return (size + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT


cdef int64_t *copy_list(numbers) except NULL:
    cdef int64_t *result = <int64_t *>zeroed(len(numbers), sizeof(int64_t))
    cdef int i
    for i, number in enumerate(numbers):
        result[i] = number
    return result


# ---------------------------------------------------------------------------------------------
# Data

#: What a buffer's format says of its numbers, besides their size.
cdef dict KINDS = (dict.fromkeys("bhilq", "i") | dict.fromkeys("?BHILQ", "u")
                   | dict.fromkeys("efd", "f"))
cdef dict NUMBERS = {
    "i1": NUMBER_i8, "u1": NUMBER_u8, "i2": NUMBER_i16, "u2": NUMBER_u16, "i4": NUMBER_i32,
    "u4": NUMBER_u32, "i8": NUMBER_i64, "u8": NUMBER_u64, "f2": NUMBER_f16, "f4": NUMBER_f32,
    "f8": NUMBER_f64}


cdef str type_of(Py_buffer *view):
    """Kind and bytes of a buffer's numbers, such as "f4"; "" where they are none of ours."""
    cdef str kind = KINDS.get(view.format.decode(), "")
    return kind and f"{kind}{view.itemsize}"


cdef class Gather:
    """Brings rows of arrays into batches, which are written again and again.

    columns: pairs (array, batch): any numbers and strides, aligned and in the machine's byte order;
        and float32 or int32, C-contiguous, whose rows have as many numbers.
    order: int64 numbers of rows, or None: rows as they lie. What it holds is read at each call.
    """
    cdef column *columns
    cdef Py_buffer *views       # of arrays and batches in turn, then of the order
    cdef int count, held
    cdef const int64_t *order
    cdef int64_t length, rows, most  # of the order; of every array; of a batch

    def __cinit__(self, list columns, order=None):
        self.columns = <column *>zeroed(len(columns), sizeof(column))
        self.views = <Py_buffer *>zeroed(2 * len(columns) + 1, sizeof(Py_buffer))
        self.rows = self.most = self.length = INT64_MAX
        for array, batch in columns:
            self.add(self.hold(array, PyBUF_RECORDS_RO),
                     self.hold(batch, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | PyBUF_WRITABLE))
        if order is not None:
            self.use(self.hold(order, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT))

    def __dealloc__(self):
        while self.held > 0:
            self.held -= 1
            PyBuffer_Release(&self.views[self.held])
        free(self.views)
        free(self.columns)

    cdef Py_buffer *hold(self, array, int flags) except NULL:
        PyObject_GetBuffer(array, &self.views[self.held], flags)
        self.held += 1
        return &self.views[self.held - 1]

    cdef use(self, Py_buffer *order):
        if type_of(order) != "i8" or order.ndim != 1:
            raise TypeError("expected an order of one axis of int64")
        self.order = <const int64_t *>order.buf
        self.length = order.shape[0]

    cdef add(self, Py_buffer *array, Py_buffer *batch):
        cdef column *column = &self.columns[self.count]
        cdef str number = type_of(array), to = type_of(batch)
        if number not in NUMBERS or to not in ("f4", "i4"):
            raise TypeError(f"expected numbers and a batch of float32 or int32, received formats "
                            f"{array.format.decode()} and {batch.format.decode()}")
        if not 1 <= array.ndim <= GATHER_AXES or batch.ndim < 1:
            raise ValueError(f"expected from 1 to {GATHER_AXES} axes, received {array.ndim}")
        column_init(column, array.buf, array.ndim, <int64_t *>array.shape,
                    <int64_t *>array.strides, NUMBERS[number], to == "i4", batch.buf)
        if batch.len != 4 * batch.shape[0] * column.numbers:
            raise ValueError(f"expected a batch with {column.numbers} numbers a row")
        self.rows = min(self.rows, array.shape[0])
        self.most = min(self.most, batch.shape[0])
        self.count += 1

    def take(self, int64_t first, int64_t count):
        """Fills the first `count` rows of every batch: with the rows that the order has from
        `first` on, or with those rows themselves."""
        cdef int64_t end = self.rows if self.order is NULL else self.length
        if first < 0 or not 0 <= count <= min(self.most, end - first):
            raise IndexError(f"expected rows of the {end} that there are, at most {self.most}; "
                             f"received {count} from {first} on")
        self.check_order(first, count)
        if gather_cost(self.columns, self.count, count) < HOLD_COST:
            gather_rows(self.columns, self.count, self.order, first, count)
        else:
            with nogil:
                gather_rows(self.columns, self.count, self.order, first, count)

    cdef check_order(self, int64_t first, int64_t count):
        cdef int64_t i
        if self.order is NULL:
            return
        for i in range(first, first + count):
            if not 0 <= self.order[i] < self.rows:
                raise IndexError(f"expected rows below {self.rows}, received {self.order[i]}")
