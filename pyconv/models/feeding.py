"""From the arguments of fit, evaluate and predict to batches."""

import warnings

import numpy as np

from pyconv.config import max_steps_per_epoch
from pyconv.data import (
    ArrayBatches,
    IterableBatches,
    PyDataset,
    PyDatasetBatches,
    SizedBatches,
    as_array,
    as_target,
    check_int32,
    class_weight_to_sample_weight,
    split,
)
from pyconv.data.converted import ConvertedBatches
from pyconv.graph import Trace, placeholder
from pyconv.utils.nest import flatten


class Feeding:
    """Makes batches for a model.

    Args:
        model: knows its inputs and outputs once it has seen data.
        class_weight: dict from class label to the weight of its examples, or None.
    """

    def __init__(self, model, class_weight=None):
        self._model = model
        self._class_weight = class_weight

    def batches(self, x, y=None, sample_weight=None, batch_size=None, steps=None, shuffle=False):
        """The `Batches` of arrays, of a `PyDataset` or of an iterable."""
        if is_array_data(x):
            lists = self._weighted(*self._lists(x, y, sample_weight))
            return self._arrays(lists, batch_size, steps, shuffle)
        if y is not None or sample_weight is not None:
            raise ValueError(
                "expected an iterable of batches (x, y, sample_weight) alone, received also `y` or "
                "`sample_weight`; put them into its batches"
            )
        steps = limited("steps", steps, max_steps_per_epoch())
        if isinstance(x, PyDataset):
            return PyDatasetBatches(x, self.buffers, steps, shuffle)
        return IterableBatches(x, self.buffers, steps)

    def split(
        self, x, y, sample_weight, fraction, batch_size, steps, shuffle, last_batch_size, last_steps
    ):
        """(first, last): batches of all but the last fraction of the arrays, and of that one."""
        if not is_array_data(x):
            raise ValueError(
                "expected arrays with `validation_split`, received an iterable; pass "
                "validation_data instead"
            )
        inputs, targets, weights = self._lists(x, y, sample_weight)
        first, last = split([*inputs, *targets, *weights], fraction)
        a, b = len(inputs), len(inputs) + len(targets)
        train = self._weighted(first[:a], first[a:b], first[b:])
        rest = (last[:a], last[a:b], last[b:])
        return (
            self._arrays(train, batch_size, steps, shuffle),
            self._arrays(rest, last_batch_size, last_steps, False),
        )

    def buffers(self, x, y=None, sample_weight=None):
        """One batch as lists of C-contiguous arrays of the dtypes that plans read."""
        self._model.ensure_described(x)
        plain = sample_weight is None and self._class_weight is None
        if plain and self._model.signature.takes(x, y):
            if y.dtype.kind == "f":
                self._check_labels([y])
            return [x], [as_target("y", y)], [None]
        inputs, targets, weights = self._weighted(*self._lists(x, y, sample_weight))
        _check_one_size(inputs, targets, weights)
        inputs = self._as_ports(inputs)
        _check_rows(inputs, targets, weights)
        return (
            inputs,
            [as_target("y", a) for a in targets],
            [None if a is None else np.ascontiguousarray(a, "float32") for a in weights],
        )

    def repeats(self, x, y):
        """Whether a plan reads single arrays as they are, or int64 as int32, and so all that look
        the same."""
        if not self._model.signature.takes(x, y):
            return False
        return y.dtype.kind != "f" or not any(self._model.wants_labels)

    def inputs(self, x):
        """One batch of inputs, which may have no rows, as a list; see `buffers`."""
        inputs, _, _ = self._lists(x, None, None)
        _check_one_size(inputs)
        inputs = self._as_ports(inputs)
        _check_rows(inputs, [], [], least=0)
        return inputs

    def _as_ports(self, inputs):
        """The inputs as plans read them."""
        edge, ports = self._model.signature.edge, self._model.signature.inputs
        if edge is not None:
            return edge(inputs)
        return [np.ascontiguousarray(a, p.dtype) for a, p in zip(inputs, ports, strict=True)]

    def _arrays(self, lists, batch_size, steps, shuffle):
        steps = limited("steps", steps, max_steps_per_epoch())
        signature = self._model.signature
        dtypes = [port.array_dtype.name for port in signature.inputs]
        if not any(isinstance(column, list) for part in lists for column in part):
            batches = ArrayBatches(*lists, batch_size, shuffle, steps, dtypes)
        else:
            batches = SizedBatches(*lists, batch_size, shuffle, steps, dtypes)
            for shapes in batches.shapes if signature.edge is None else ():
                self._check_sizes(shapes, dtypes)
        return batches if signature.edge is None else ConvertedBatches(batches, signature.edge)

    def _check_sizes(self, shapes, dtypes):
        """Raises ValueError, naming the layer, unless the model takes examples of these shapes."""
        with Trace():
            inputs = [placeholder((None, *s), d) for s, d in zip(shapes, dtypes, strict=True)]
            self._model(self._model.signature.nest_inputs(inputs), training=False)

    def _lists(self, x, y, sample_weight):
        """Flat lists of columns, arrays or lists of arrays of different sizes: inputs, targets,
        sample weights (None where there are none)."""
        self._model.ensure_described(x)
        signature = self._model.signature
        inputs = signature.standardize_inputs(x)
        targets = signature.standardize_targets(y, signature.lists_examples(x))
        self._check_labels(targets)
        return inputs, targets, signature.standardize_weights(sample_weight, len(targets))

    def _check_labels(self, targets):
        """Raises ValueError where a loss takes class labels and targets are no integers."""
        if any(a.dtype.kind == "f" for a in flatten(targets)):
            for column, labels in zip(targets, self._model.wants_labels, strict=True):
                for array in flatten(column) if labels else ():
                    check_int32("y", array)

    def _weighted(self, inputs, targets, weights):
        """The lists with the weights of classes, if any, as sample weights."""
        if self._class_weight is None:
            return inputs, targets, weights
        if len(targets) != 1 or weights[0] is not None:
            raise ValueError(
                "expected `class_weight` with one output and without `sample_weight`, received "
                f"{len(targets)} targets; pass the product of both as sample_weight"
            )
        column = targets[0]
        if not isinstance(column, list):
            return inputs, targets, [class_weight_to_sample_weight(column, self._class_weight)]
        each = [class_weight_to_sample_weight(a[None], self._class_weight)[0] for a in column]
        return inputs, targets, [each]


def limited(name, count, limit):
    """The count, or, with a warning, what `pyconv.config` limits it to."""
    if limit is None or (count is not None and count <= limit):
        return count
    warnings.warn(f"{name} are limited to {limit} by pyconv.config", stacklevel=3)
    return limit


def is_array_data(x):
    """Whether x holds all examples, rather than making batches.

    A list of arrays is one array for each input; a list of tuples of arrays is a list of batches.
    """
    if isinstance(x, list) and any(
        isinstance(part, tuple) and any(hasattr(array, "shape") for array in flatten(part))
        for part in x
    ):
        return False
    leaves = flatten(x)
    plain = (int, float, np.number, np.bool_, str, bytes)
    return bool(leaves) and all(
        isinstance(leaf, plain) or (hasattr(leaf, "shape") and hasattr(leaf, "__array__"))
        for leaf in leaves
    )


def check_has_data(x):
    """Raises ValueError or TypeError where there is nothing to work on."""
    if isinstance(x, (memoryview, bytes, str)):
        raise TypeError(
            f"expected `x`: arrays or an iterable of batches, received {x!r}; wrap memory with "
            "numpy.asarray"
        )
    if x is None or (isinstance(x, (list, tuple, dict)) and not x):
        raise ValueError(f"expected `x`: arrays or an iterable of batches, received {x!r}")


def validation_parts(validation_data):
    """(x, y, sample_weight) of fit's validation data: a tuple of arrays, or an iterable."""
    if not isinstance(validation_data, (tuple, list)):
        return validation_data, None, None
    if len(validation_data) not in (1, 2, 3):
        raise ValueError(
            "expected `validation_data` as (x,), (x, y) or (x, y, sample_weight) or an iterable of "
            f"batches, received {len(validation_data)} parts"
        )
    return (*validation_data, None, None)[:3]


def _check_one_size(*parts):
    for column in (column for part in parts for column in part):
        if isinstance(column, list):
            raise ValueError(
                f"expected one batch, whose examples have one size, received {column[0].shape} and "
                "others; pass lists of different sizes to fit, evaluate or predict"
            )


def _check_rows(inputs, targets, weights, least=1):
    arrays = [as_array("batch", a) for a in (*inputs, *targets, *weights) if a is not None]
    rows = {a.shape[0] if a.ndim else 0 for a in arrays}
    if len(rows) != 1 or min(rows) < least:
        raise ValueError(
            f"expected as many rows, at least {least}, in every array of a batch, received shapes "
            f"{[a.shape for a in arrays]}; the first axis counts the examples"
        )
