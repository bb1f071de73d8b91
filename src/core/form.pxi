# Forms: what arrays look like, so that what was found out about some holds for others


cdef class Form:
    """What arrays look like of which each has a row for every example: their type, their numbers
    and the sizes of a row, in C order.

    arrays: a tuple of such arrays.
    """
    cdef type type
    cdef list rows    # (numbers' format, sizes of a row) of each

    def __cinit__(self, tuple arrays):
        self.type = type(arrays[0])
        self.rows = []
        for array in arrays:
            view = memoryview(array)
            self.rows.append((view.format.encode(), view.shape[1:]))

    def fits(self, tuple arrays) -> bool:
        """Whether others look the same, with one row or more, as many in each."""
        cdef int64_t examples = 0
        cdef int i
        if len(arrays) != len(self.rows):
            return False
        for i in range(len(self.rows)):
            if type(arrays[i]) is not self.type:
                return False
            examples = self.rows_of(i, arrays[i], examples)
            if examples == 0:
                return False
        return True

    cdef int64_t rows_of(self, int i, array, int64_t expected) except -1:
        """Rows of an array that looks as the i-th; 0 where it does not, or has other than expected
        (0: any number)."""
        cdef Py_buffer view
        cdef int64_t rows
        try:
            PyObject_GetBuffer(array, &view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT)
        except (BufferError, ValueError):
            return 0
        rows = view.shape[0] if self.looks(<tuple>self.rows[i], &view) else 0
        PyBuffer_Release(&view)
        return rows if expected == 0 or rows == expected else 0

    cdef bint looks(self, tuple row, Py_buffer *view):
        cdef const char *format = <bytes>row[0]
        cdef tuple sizes = <tuple>row[1]
        cdef int i
        if view.ndim != len(sizes) + 1 or strcmp(format, view.format) != 0:
            return False
        for i in range(len(sizes)):
            if view.shape[i + 1] != <int64_t>sizes[i]:
                return False
        return True
