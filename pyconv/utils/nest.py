"""Nested structures: tuples, lists and dicts with anything else as their leaves."""


def flatten(structure):
    """The leaves in order, a list.

    Example:
        >>> flatten((1, [2, {"a": 3}]))
        [1, 2, 3]
    """
    if isinstance(structure, dict):
        structure = list(structure.values())
    if isinstance(structure, (tuple, list)):
        return [leaf for part in structure for leaf in flatten(part)]
    return [structure]


def map_structure(function, structure):
    """The same structure with `function` applied to each leaf.

    Example:
        >>> map_structure(abs, {"a": (-1, [2])})
        {'a': (1, [2])}
    """
    if isinstance(structure, dict):
        return {key: map_structure(function, part) for key, part in structure.items()}
    if isinstance(structure, (tuple, list)):
        parts = [map_structure(function, part) for part in structure]
        named = hasattr(structure, "_fields")
        return type(structure)(*parts) if named else type(structure)(parts)
    return function(structure)
