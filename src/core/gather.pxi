# Data: rows of arrays, gathered into batches

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


def narrow(array):
    """C-contiguous int64 as the memory of int32; None where int32 cannot hold all of them."""
    cdef Py_buffer view
    cdef bytearray narrowed
    cdef bint held
    PyObject_GetBuffer(array, &view, PyBUF_C_CONTIGUOUS)
    try:
        narrowed = PyByteArray_FromStringAndSize(NULL, view.len // 2)
        held = write_int32(<const int64_t *>view.buf, view.len // 8,
                           <int32_t *>PyByteArray_AS_STRING(narrowed))
    finally:
        PyBuffer_Release(&view)
    return narrowed if held else None


cdef bint write_int32(const int64_t *wide, int64_t count, int32_t *narrow) noexcept nogil:
    cdef int64_t i, lost = 0
    for i in range(count):
        narrow[i] = <int32_t>wide[i]
        lost |= wide[i] ^ narrow[i]
    return lost == 0
