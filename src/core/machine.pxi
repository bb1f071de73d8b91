# The machine: instruction set, caches, threads


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
