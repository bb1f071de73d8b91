"""Choices and loops: numbers decide at once, tensors of a graph choose between finished values.

A graph is made once and has no jumps: bounds and conditions of loops are numbers or arrays, each
turn adds its nodes, and a condition that is a tensor computes both branches.
"""

from __future__ import annotations

import numpy as np

from pyconv.ops.conversion import convert_to_tensor
from pyconv.ops.dtypes import concrete, symbolic
from pyconv.ops.elementwise import equal, maximum, minimum
from pyconv.ops.rearranging import moveaxis
from pyconv.ops.selection import where
from pyconv.ops.shaping import broadcast_to, reshape, shape_of
from pyconv.ops.slices import concatenate, flip, getitem, stack
from pyconv.ops.splitting import unstack
from pyconv.utils.nest import flatten, map_structure


def cond(pred, true_fn, false_fn):
    """true_fn() where the condition is not 0, else false_fn().

    Args:
        pred: a number or array of one element; a tensor of a graph computes both functions, which
            must return tensors of the same shapes, and chooses.
        true_fn, false_fn: functions without arguments.

    Example:
        >>> from pyconv import ops
        >>> float(ops.cond(True, lambda: 1.0, lambda: 2.0))
        1.0
    """
    if not symbolic(pred):
        return true_fn() if bool(np.asarray(pred)) else false_fn()
    return _chosen(reshape(pred, ()), true_fn(), false_fn())


def _chosen(pred, first, second):
    """Nested tensors of the first or the second."""
    pairs = zip(flatten(first), flatten(second), strict=True)
    chosen = iter([None if a is None else where(pred, a, b) for a, b in pairs])
    return map_structure(lambda _: next(chosen), first)


def switch(index, branches, *operands):
    """branches[index](*operands), the first or last where there is no such branch.

    Args:
        index: an integer; a tensor of a graph computes all branches and chooses.
        branches: functions that return tensors of the same shapes.
        operands: their arguments.

    Example:
        >>> from pyconv import ops
        >>> float(ops.switch(1, [lambda x: x, lambda x: 2 * x], 3.0))
        6.0
    """
    last = len(branches) - 1
    if not symbolic(index):
        return branches[min(max(int(np.asarray(index)), 0), last)](*operands)
    index = reshape(maximum(minimum(index, last), 0), ())
    y = branches[0](*operands)
    for i, branch in enumerate(branches[1:], start=1):
        y = _chosen(equal(index, i), branch(*operands), y)
    return y


def while_loop(cond, body, loop_vars, maximum_iterations=None):
    """Calls body again and again while the condition holds.

    Args:
        cond: takes the loop's variables to a number or an array of one element.
        body: takes them to new ones.
        loop_vars: a tuple, a list or a single value.
        maximum_iterations: how many times at most, or None.

    Returns:
        The last variables.

    Raises:
        ValueError: the condition is a tensor of a graph.

    Example:
        >>> from pyconv import ops
        >>> ops.while_loop(lambda i: i < 5, lambda i: i + 2, 0)
        6
    """
    several = isinstance(loop_vars, (tuple, list))
    values = tuple(loop_vars) if several else (loop_vars,)
    turns = 0
    while turns != maximum_iterations and bool(concrete("while_loop", cond(*values))):
        result = body(*values)
        values = tuple(result) if isinstance(result, (tuple, list)) else (result,)
        turns += 1
    return (type(loop_vars)(values) if several else values[0]) if turns else loop_vars


def fori_loop(lower, upper, body_fun, init_val):
    """body_fun(i, value) for i from lower to before upper, each with the value before.

    Args:
        lower, upper: numbers, or arrays of one element.
        body_fun: takes (i, value) to the next value.
        init_val: the first value.

    Example:
        >>> from pyconv import ops
        >>> ops.fori_loop(0, 5, lambda i, total: total + i, 0)
        10
    """
    bounds = (int(concrete("fori_loop", bound)) for bound in (lower, upper))
    for i in range(*bounds):
        init_val = body_fun(i, init_val)
    return init_val


def _rows(xs) -> list:
    """The slices along the leading axes of nested tensors, nested likewise."""
    parts = [unstack(x, axis=0) for x in flatten(xs)]
    rows = []
    for row in zip(*parts, strict=True):
        own = iter(row)
        rows.append(map_structure(lambda _, own=own: next(own), xs))
    return rows


def _stacked(results: list):
    """Nested tensors of all results along a new leading axis."""
    columns = iter([stack(column) for column in zip(*(flatten(r) for r in results), strict=True)])
    return map_structure(lambda _: next(columns), results[0])


def map(f, xs):
    """f of each slice along the leading axis, the results side by side.

    Args:
        f: takes a slice, nested as xs, to tensors, nested as it likes.
        xs: tensors or arrays, nested as one likes, of one leading size, which is known.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.map(lambda x: x * x, np.float32([1, 2, 3]))
        array([1., 4., 9.], dtype=float32)
    """
    return _stacked([f(row) for row in _rows(xs)])


def vectorized_map(function, elements):
    """`map`.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.vectorized_map(lambda x: x + 1, np.float32([1, 2]))
        array([2., 3.], dtype=float32)
    """
    return map(function, elements)


def vectorize(pyfunc, *, excluded=None, signature=None):
    """The function of scalars as one of tensors that broadcast.

    Args:
        pyfunc: takes and returns tensors of no axes.
        excluded: positions of arguments that are handed on whole.
        signature: taken as NumPy's `vectorize` takes it, for arrays only.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.vectorize(lambda a, b: a * b)(np.float32([1, 2]), 2.0)
        array([2., 4.], dtype=float32)
    """
    left_out = set(excluded or ())

    def function(*args):
        if signature is not None:
            arrays = [concrete("vectorize", x) for x in args]
            return np.vectorize(pyfunc, excluded=excluded, signature=signature)(*arrays)
        shapes = [shape_of(x) for i, x in enumerate(args) if i not in left_out]
        shape = np.broadcast_shapes(*shapes)
        rows = [
            [x] * int(np.prod(shape)) if i in left_out else unstack(_spread(x, shape))
            for i, x in enumerate(args)
        ]
        return reshape(stack([convert_to_tensor(pyfunc(*row)) for row in zip(*rows, strict=True)]),
                       shape)  # fmt: skip

    return function


def _spread(x, shape: tuple):
    return reshape(broadcast_to(convert_to_tensor(x), shape), (-1,))


def scan(f, init, xs=None, length=None, reverse=False, unroll=1):
    """f of each slice and of what the slice before handed on.

    Args:
        f: takes (carry, slice) to (carry, y).
        init: the first carry.
        xs: tensors whose slices along the leading axis are taken, nested as one likes, or None.
        length: how many slices, needed where xs is None.
        reverse: whether the last slice comes first.
        unroll: taken for Keras' sake; every turn has its own nodes in a graph.

    Returns:
        (the last carry, all y along a new leading axis).

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> carry, sums = ops.scan(lambda c, x: (c + x, c + x), 0.0, np.float32([1, 2, 3]))
        >>> sums
        array([1., 3., 6.], dtype=float32)
    """
    if xs is None and length is None:
        raise ValueError("scan: expected `xs` or `length`, received neither")
    rows = [None] * int(length) if xs is None else _rows(xs)
    results = []
    for row in reversed(rows) if reverse else rows:
        init, y = f(init, row)
        results.append(y)
    results = results[::-1] if reverse else results
    if not results or not [leaf for leaf in flatten(results[0]) if leaf is not None]:
        return init, None
    return init, _stacked([map_structure(convert_to_tensor, y) for y in results])


def associative_scan(f, elems, reverse=False, axis=0):
    """Each element along an axis joined by f with all before it, in log2(size) steps.

    Args:
        f: takes two nests of tensors, of the same size along the axis, to one; associative.
        elems: tensors, nested as one likes.
        reverse: whether it begins at the end.
        axis: not that of a model's examples.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.associative_scan(lambda a, b: a + b, np.float32([1, 2, 3]))
        array([1., 3., 6.], dtype=float32)
    """
    moved = map_structure(lambda x: _turned(moveaxis(x, axis, 0), reverse), elems)
    size, reach = shape_of(flatten(moved)[0])[0], 1
    while reach < size:
        first, second = (map_structure(lambda x, s=s: getitem(x, s), moved)
                         for s in (slice(0, size - reach), slice(reach, size)))  # fmt: skip
        head = map_structure(lambda x, n=reach: getitem(x, slice(0, n)), moved)
        tails = iter(flatten(f(first, second)))
        moved = map_structure(lambda x, t=tails: concatenate([x, next(t)], 0), head)
        reach *= 2
    return map_structure(lambda x: moveaxis(_turned(x, reverse), 0, axis), moved)


def _turned(x, reverse: bool):
    return flip(x, 0) if reverse else x
