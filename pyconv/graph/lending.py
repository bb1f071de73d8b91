"""Variables that have other values for a while."""

from __future__ import annotations

from contextlib import contextmanager

from pyconv.graph.recording import is_recorded
from pyconv.graph.trace import current_trace


@contextmanager
def lent(name: str, variables: list, values):
    """Within it the variables have these values, afterwards those that they had.

    Args:
        name: of the values, for messages.
        variables, values: as many of both.

    Raises:
        ValueError: there is not one value for each variable.
        TypeError: within a traced step, or for values that a tape watches, as gradients are those
            for variables.

    Example:
        >>> from pyconv import Variable
        >>> v = Variable([1.0, 2.0])
        >>> with lent("values", [v], [[5.0, 6.0]]):
        ...     print(v.numpy())
        [5. 6.]
        >>> v.numpy()
        array([1., 2.], dtype=float32)
    """
    values = list(values)
    if len(values) != len(variables):
        raise ValueError(
            f"expected `{name}` to be a list of {len(variables)} values, one for each variable, "
            f"received {len(values)}"
        )
    if current_trace() is not None or any(map(is_recorded, values)):
        raise TypeError(
            f"expected `{name}` as arrays that no tape watches, outside of a traced step, received "
            "others; assign variables, and ask the tape for their gradients"
        )
    for variable, value in zip(variables, values, strict=True):
        variable.check(value)
    before = [variable.numpy() for variable in variables]
    try:
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        yield
    finally:
        for variable, value in zip(variables, before, strict=True):
            variable.put(value)
