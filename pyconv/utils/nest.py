"""Nested structures: tuples, lists and dicts with anything else as their leaves.

The parts of a dict count in the order of its sorted keys, as in Keras.
"""


def sorted_keys(structure):
    """The keys of a dict in sorted order; as they came where they cannot be compared.

    Example:
        >>> sorted_keys({"b": 1, "a": 2})
        ['a', 'b']
    """
    try:
        return sorted(structure)
    except TypeError:
        return list(structure)


def flatten(structure):
    """The leaves in order, a list.

    Example:
        >>> flatten((1, [2, {"b": 4, "a": 3}]))
        [1, 2, 3, 4]
    """
    if isinstance(structure, dict):
        structure = [structure[key] for key in sorted_keys(structure)]
    if isinstance(structure, (tuple, list)):
        return [leaf for part in structure for leaf in flatten(part)]
    return [structure]


def paths(structure):
    """The keys and indices that lead to each leaf, tuples in the order of `flatten`.

    Example:
        >>> paths({"b": [1, 2], "a": 3})
        [('a',), ('b', 0), ('b', 1)]
    """
    if isinstance(structure, dict):
        parts = [(key, structure[key]) for key in sorted_keys(structure)]
    elif isinstance(structure, (tuple, list)):
        parts = enumerate(structure)
    else:
        return [()]
    return [(key, *path) for key, part in parts for path in paths(part)]


def map_structure(function, structure):
    """The same structure with `function` applied to each leaf, in order.

    Example:
        >>> map_structure(abs, {"a": (-1, [2])})
        {'a': (1, [2])}
    """
    if isinstance(structure, dict):
        parts = {key: map_structure(function, structure[key]) for key in sorted_keys(structure)}
        return {key: parts[key] for key in structure}
    if isinstance(structure, (tuple, list)):
        parts = [map_structure(function, part) for part in structure]
        named = hasattr(structure, "_fields")
        return type(structure)(*parts) if named else type(structure)(parts)
    return function(structure)
