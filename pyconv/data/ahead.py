"""What is made in other threads while the caller works."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from contextvars import copy_context
from time import perf_counter

#: Seconds that making a batch and working on one must both take before a thread pays. Handing a
#: batch from thread to thread takes 0.05 ms, more where a generator holds the GIL.
WORTHWHILE = 0.5e-3


def ahead(pool, calls, depth=1):
    """Yields what the calls return, in their order; while the caller works on one result the next
    ones are made.

    A call's exception is raised, with its traceback, where its result would have come. When the
    generator is closed, calls that have begun are waited for, and others are dropped.

    Args:
        pool: a `concurrent.futures` executor, which is shut down at the end.
        calls: iterable of functions without arguments.
        depth: as many of them, at most, have begun or ended while the caller works.

    Example:
        >>> list(ahead(threads(2), [lambda: "a", lambda: "b", lambda: "c"], depth=2))
        ['a', 'b', 'c']
    """
    waiting = deque()
    try:
        for call in calls:
            waiting.append(pool.submit(call))
            if len(waiting) > depth:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def threads(count):
    """An executor of so many threads, each call in the caller's context (`numpy.errstate`)."""
    return _Threads(count, thread_name_prefix="pyconv-data")


class _Threads(ThreadPoolExecutor):
    def submit(self, call):
        return super().submit(copy_context().run, call)


def overlapped(calls):
    """Yields what the calls return, in their order; one call at a time, in a thread from when that
    pays, one result ahead of the caller.

    Example:
        >>> list(overlapped([lambda: 1, lambda: 2]))
        [1, 2]
    """
    calls = iter(calls)
    for call in calls:
        begun = perf_counter()
        result = call()
        made = perf_counter()
        yield result
        if min(made - begun, perf_counter() - made) > WORTHWHILE:
            break
    with closing(ahead(threads(1), calls)) as results:
        yield from results
