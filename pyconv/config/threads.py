"""Threads of the process."""

from __future__ import annotations

from pyconv import core


def get_num_threads() -> int:
    """Number of threads that a step may use.

    The default is the smallest of the affinity mask, the cgroup's CPU quota,
    `SLURM_CPUS_PER_TASK` and the physical cores; `OMP_NUM_THREADS` and, stronger,
    `PYCONV_NUM_THREADS` override it.

    Example:
        >>> import pyconv
        >>> pyconv.get_num_threads() >= 1
        True
    """
    return core.get_num_threads()


def set_num_threads(count: int) -> None:
    """Sets the number of threads; results have the same bits for every number.

    Args:
        count: 1 or more; 0 goes back to the default.

    Raises:
        ValueError: count is negative or above 256.

    Example:
        >>> import pyconv
        >>> pyconv.set_num_threads(1)
        >>> pyconv.get_num_threads()
        1
        >>> pyconv.set_num_threads(0)
    """
    if not isinstance(count, int) or not 0 <= count <= 256:
        raise ValueError(
            f"set_num_threads: expected an integer from 1 to 256, or 0 for the default, received "
            f"{count!r}"
        )
    core.set_num_threads(count)
