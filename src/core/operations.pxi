# What ops there are, and what they ask of a plan


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

#: A convolution's params.mask where its mask comes as bits.
MASK_BITS = C_MASK_BITS


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


def bits_row(int64_t channels) -> int:
    """Bytes of the bits of a row of so many channels, one for each (see kernels.h)."""
    return c_bits_row(channels, kernels_chosen().vlen)


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
