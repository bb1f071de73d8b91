"""Keras' functions of nested structures: lists, tuples and dicts, whose keys count in sorted order.

None is a leaf, and anything that is no list, tuple or dict.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Path = tuple


def MAP_TO_NONE():  # noqa: N802 (Keras' name)
    """What a function of `traverse` returns to put None in the place of a part."""


def is_nested(structure) -> bool:
    """Whether it is a list, tuple or dict.

    Example:
        >>> is_nested([1]), is_nested("ab")
        (True, False)
    """
    return isinstance(structure, (list, tuple, dict))


def flatten(structure) -> list:
    """The leaves in order.

    Example:
        >>> flatten({"b": 1, "a": [2, (3, None)]})
        [2, 3, None, 1]
    """
    return [leaf for _, leaf in flatten_with_path(structure)]


def flatten_with_path(structure) -> list[tuple[Path, Any]]:
    """Pairs (path, leaf), where a path is made of keys and indices.

    Example:
        >>> flatten_with_path({"a": [2, 3]})
        [(('a', 0), 2), (('a', 1), 3)]
    """
    if not is_nested(structure):
        return [((), structure)]
    return [
        ((key, *path), leaf)
        for key, part in _items(structure)
        for path, leaf in flatten_with_path(part)
    ]


def lists_to_tuples(structure):
    """The structure with tuples for its lists.

    Example:
        >>> lists_to_tuples([1, [2, {"a": [3]}]])
        (1, (2, {'a': (3,)}))
    """
    if not is_nested(structure):
        return structure
    parts = {key: lists_to_tuples(part) for key, part in _items(structure)}
    return tuple(parts.values()) if isinstance(structure, list) else _rebuilt(structure, parts)


def map_structure(func: Callable, *structures, none_is_leaf: bool = True):
    """The structure of func(leaves that have the same place).

    Args:
        func: takes a leaf of each structure.
        *structures: one or more of the same nesting.
        none_is_leaf: whether func is called for None; else None stays.

    Raises:
        ValueError: the structures differ.

    Example:
        >>> map_structure(lambda a, b: a + b, {"b": 1, "a": 2}, {"a": 3, "b": 4})
        {'b': 5, 'a': 5}
    """
    first, *others = structures
    for other in others:
        assert_same_structure(first, other)
    return map_structure_up_to(
        first, lambda *x: func(*x) if none_is_leaf or x[0] is not None else None, *structures
    )


def map_structure_up_to(shallow_structure, func: Callable, *structures):
    """As `map_structure`, down to the leaves of the shallow structure only.

    Example:
        >>> map_structure_up_to([1, 2], lambda a, b: (a, b), [1, 2], [3, [4, 5]])
        [(1, 3), (2, [4, 5])]
    """
    if not is_nested(shallow_structure):
        return func(*structures)
    for structure in structures:
        _assert_same_level(shallow_structure, structure)
    results = {
        key: map_structure_up_to(part, func, *(structure[key] for structure in structures))
        for key, part in _items(shallow_structure)
    }
    return _rebuilt(shallow_structure, results)


def pack_sequence_as(structure, flat_sequence):
    """The structure with other leaves, taken in order.

    Raises:
        ValueError: there are more or fewer leaves than places.

    Example:
        >>> pack_sequence_as({"b": 1, "a": [2, 3]}, [10, 20, 30])
        {'b': 30, 'a': [10, 20]}
    """
    leaves, places = list(flat_sequence), len(flatten(structure))
    if len(leaves) != places:
        raise ValueError(f"expected {places} leaves for {structure!r}, received {len(leaves)}")
    remaining = iter(leaves)
    return map_structure(lambda _: next(remaining), structure)


def map_shape_structure(func: Callable, structure):
    """func of each shape, a tuple or list of sizes and None, in a structure.

    Example:
        >>> map_shape_structure(len, {"a": (None, 2), "b": [(1, 2), (3,)]})
        {'a': 2, 'b': [2, 1]}
    """
    if _is_shape(structure):
        return func(tuple(structure))
    if not is_nested(structure):
        raise ValueError(f"expected a shape or a structure of shapes, received {structure!r}")
    parts = {key: map_shape_structure(func, part) for key, part in _items(structure)}
    return _rebuilt(structure, parts)


def traverse(func: Callable, structure, top_down: bool = True):
    """The structure where func's answer stands for every part for which it is not None.

    Args:
        func: takes a part, nested or a leaf; returns None to leave it, `MAP_TO_NONE` for None.
        structure: the structure.
        top_down: whether a part is asked for before the parts in it, which then are not.

    Example:
        >>> traverse(lambda x: x + 1 if isinstance(x, int) else None, [1, [2, {"a": 3}]])
        [2, [3, {'a': 4}]]
    """
    answer = func(structure) if top_down else None
    if answer is None:
        if is_nested(structure):
            parts = {key: traverse(func, part, top_down) for key, part in _items(structure)}
            structure = _rebuilt(structure, parts)
        answer = None if top_down else func(structure)
    answer = structure if answer is None else answer
    return None if answer is MAP_TO_NONE else answer


def assert_same_structure(a, b, check_types=None) -> None:
    """Raises ValueError unless both are nested alike.

    Example:
        >>> assert_same_structure([1, (2, 3)], [4, (5, 6)])
    """
    if is_nested(a) != is_nested(b):
        raise ValueError(f"expected one nested structure, received {a!r} and {b!r}")
    if is_nested(a):
        _assert_same_level(a, b)
        for key, part in _items(a):
            assert_same_structure(part, b[key])


def assert_same_paths(a, b) -> None:
    """Raises ValueError unless the leaves of both have the same paths.

    Example:
        >>> assert_same_paths([1, (2, 3)], (4, [5, 6]))
    """
    paths = [{path for path, _ in flatten_with_path(x)} for x in (a, b)]
    if paths[0] != paths[1]:
        raise ValueError(
            f"expected the same paths, received {sorted(paths[0] - paths[1], key=str)} in the first"
            f" only, {sorted(paths[1] - paths[0], key=str)} in the second only"
        )


def _items(structure) -> list[tuple]:
    """(key, part) of a level, in order."""
    if isinstance(structure, dict):
        return sorted(structure.items(), key=lambda item: item[0])
    return list(enumerate(structure))


def _rebuilt(structure, parts: dict):
    """A level of the same type with other parts."""
    if isinstance(structure, dict):
        return type(structure)((key, parts[key]) for key in structure)
    values = [parts[key] for key in range(len(parts))]
    named = hasattr(structure, "_fields")
    return type(structure)(*values) if named else type(structure)(values)


def _assert_same_level(a, b) -> None:
    kinds = [next((k for k in (list, tuple, dict) if isinstance(x, k)), None) for x in (a, b)]
    keys = [[key for key, _ in _items(x)] if is_nested(x) else None for x in (a, b)]
    if kinds[0] is not kinds[1] or keys[0] != keys[1]:
        raise ValueError(f"expected one nested structure, received {a!r} and {b!r}")


def _is_shape(structure) -> bool:
    return isinstance(structure, (list, tuple)) and all(
        size is None or isinstance(size, int) for size in structure
    )
