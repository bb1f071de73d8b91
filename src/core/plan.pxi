# Plans: op records over numbered buffers, ready to run

# Bytes that no machine has: some times as many are still below 2^63
cdef double MEMORY_MOST = 2.0**56

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
    cdef double each_most        # bytes of an example, those of the largest stripe's counted
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
        largest = max([local for _, _, local, *_ in stripes or ()], default=0)
        self.each_most = self.arena_each + largest
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

    cdef block_sizes sizes(self, int64_t n, int threads) except *:
        """What one run on n examples needs."""
        cdef block_sizes s
        cdef double most = self.arena_fixed + n * self.each_most * threads
        if most > MEMORY_MOST:
            raise MemoryError(f"could not allocate the memory of {n} examples, {most:.1e} bytes")
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
