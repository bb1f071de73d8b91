"""What `fit` feeds a step: inputs, targets and sample weights as one tuple."""


def pack_x_y_sample_weight(x, y=None, sample_weight=None):
    """The data of a step: x alone, (x,), (x, y) or (x, y, sample_weight).

    Example:
        >>> pack_x_y_sample_weight(1.0), pack_x_y_sample_weight([1.0]), pack_x_y_sample_weight(1, 2)
        (1.0, ([1.0],), (1, 2))
    """
    if y is None:
        return (x,) if isinstance(x, (tuple, list)) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)


def unpack_x_y_sample_weight(data):
    """(x, y, sample_weight) of a step's data, None where it has none.

    Raises:
        ValueError: a tuple of more than three parts.

    Example:
        >>> unpack_x_y_sample_weight((1.0, 2.0))
        (1.0, 2.0, None)
    """
    if not isinstance(data, (tuple, list)):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise ValueError(
            f"expected data (x,), (x, y) or (x, y, sample_weight), received {len(data)} parts; "
            "group several inputs in a tuple of their own: ((a, b), y)"
        )
    return (*data, None, None)[:3]
