# Memory that variables own, and memory in which plans run


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

    def clear(self):
        """Sets all bytes to 0."""
        memset(self.data, 0, self.nbytes)
        self.version += 1

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
