"""How a model's inputs and outputs are named, nested and shaped; checks of what users pass."""

import numpy as np

from pyconv.data import as_array, as_column, check_int32, stacked
from pyconv.models.edge import Passed
from pyconv.utils.nest import flatten, map_structure, paths
from pyconv.utils.strings import as_strings


class Port:
    """One input or output of a model.

    Attributes:
        name: key in dicts and messages.
        shape: with the batch first, None where any size fits.
        dtype: what plans read, "float32" or "int32"; "string" of inputs that no plan reads.
        array_dtype: that of arrays; int64 of integers that no plan reads.
        path: the keys and indices that lead to it in the model's nest of inputs or outputs.
    """

    def __init__(self, name, shape, dtype="float32", path=()):
        self.name = name
        self.path = path
        self.shape = tuple(shape)
        self.dtype = dtype
        self.array_dtype = np.dtype("object" if dtype == "string" else dtype)

    def standardize(self, value):
        """The value as an array of this port's shape; a last axis of 1 is added or dropped.

        Raises:
            TypeError, ValueError: not numbers, another shape, or values that int32 cannot hold
                where the port needs it.
        """
        array = self._array(value)
        if array.ndim == len(self.shape) - 1 and self.shape[-1] == 1:
            array = array[..., None]
        elif array.ndim == len(self.shape) + 1 and array.shape[-1] == 1:
            array = array[..., 0]
        if not self.fits(array.shape):
            raise ValueError(
                f"input {self.name}: expected shape {self.shape} (examples first), received "
                f"{array.shape}; reshape the data or build the model for its shape"
            )
        if self.array_dtype == np.int32:
            check_int32(f"input {self.name}", array)
        return array

    def standardize_each(self, values):
        """A list of examples as an array with a row for each, or a list where sizes differ."""
        arrays = [self._array(value) for value in values]
        arrays = [a[..., None] if a.ndim == len(self.shape) - 2 else a for a in arrays]
        for i, array in enumerate(arrays):
            if not self.fits((self.shape[0], *array.shape)):
                raise ValueError(
                    f"input {self.name}: expected examples of shape {self.shape[1:]}, received "
                    f"{array.shape} at {i}; reshape it or build the model for its shape"
                )
            if self.array_dtype == np.int32:
                check_int32(f"input {self.name}", array)
        return stacked(arrays)

    def _array(self, value):
        """The value as an array of numbers or of strings."""
        if self.dtype != "string":
            return as_array(f"input {self.name}", value)
        try:
            return as_strings(value)
        except (TypeError, ValueError) as error:
            raise type(error)(f"input {self.name}: {error}") from None

    def is_example(self, value):
        """Whether it is an array of one example's rank, a last axis of 1 possibly left out."""
        shape = getattr(value, "shape", ())
        short = len(self.shape) - 1 - len(shape)  # the axes that are missing
        if self.shape[-1] == 1:
            return (short == 0 and shape[-1:] == (1,)) or (short == 1 and len(shape) > 0)
        return short == 0

    def lists_examples(self, value):
        """Whether it is a list of arrays, each an example."""
        return isinstance(value, (list, tuple)) and bool(value) and all(map(self.is_example, value))

    def fits(self, shape):
        """Whether arrays of this shape can be taken as they are."""
        if len(shape) != len(self.shape):
            return False
        if self.shape[:1] == (None,) and shape[1:] == self.shape[1:]:  # nearly always
            return True
        return all(want in (None, have) for want, have in zip(self.shape, shape, strict=True))


class Signature:
    """The inputs and outputs of a model.

    Args:
        inputs: nest of symbolic inputs.
        outputs: nest of symbolic outputs.
        edge: what runs ahead of plans, see `Edge`, or None.

    Attributes:
        inputs, outputs: lists of `Port`.
        plan_inputs: those of plans, which the edge feeds where there is one.
        input_tensors, output_tensors: the symbolic tensors as lists.
    """

    def __init__(self, inputs, outputs, edge=None):
        self._nests = (inputs, outputs)
        self.input_tensors, self.output_tensors = flatten(inputs), flatten(outputs)
        self.inputs = ports_of(inputs, "x")
        self.outputs = ports_of(outputs, "output")
        self.edge = edge
        self.plan_inputs = self.inputs if edge is None else ports_of(edge.tensors, "x")
        if edge is not None:
            self._keep_integers({id(tensor) for tensor in edge.tensors})

    def _keep_integers(self, read):
        """Inputs that no plan reads hold all integers; `read`: ids of tensors that plans read."""
        for port, tensor in zip(self.inputs, self.input_tensors, strict=True):
            if port.dtype == "int32" and id(tensor) not in read:
                port.array_dtype = np.dtype("int64")

    def nest_inputs(self, flat):
        """The flat inputs as the model's `call` takes them."""
        return _nest(self._nests[0], flat)

    def nest_plan_inputs(self, flat):
        """The flat inputs of plans as the model's `call` takes them."""
        return self.nest_inputs(flat) if self.edge is None else Passed(flat)

    def nest_outputs(self, flat):
        """Something for each output, nested as the outputs are."""
        return _nest(self._nests[1], flat)

    def takes(self, x, y):
        """Whether both are single arrays, x of what plans read and y of floats or integers in the
        machine's byte order; meant to be fast."""
        return (
            self.edge is None
            and type(x) is np.ndarray
            and type(y) is np.ndarray
            and len(self.inputs) == len(self.outputs) == 1
            and x.dtype == self.inputs[0].array_dtype
            and y.dtype.char in "filq"
            and y.dtype.isnative
            and y.ndim > 0
            and 0 < len(x) == len(y)
            and self.inputs[0].fits(x.shape)
            and x.flags.c_contiguous
        )

    def standardize_inputs(self, x):
        """A list with an array for each input, of the right shape, or with a list of examples
        where their sizes differ."""
        return [
            port.standardize_each(value) if port.lists_examples(value) else port.standardize(value)
            for port, value in zip(self.inputs, self._columns(x), strict=True)
        ]

    def lists_examples(self, x):
        """Whether x has a list of examples for an input."""
        columns = zip(self.inputs, self._columns(x), strict=True)
        return any(port.lists_examples(value) for port, value in columns)

    def _columns(self, x):
        """What x has for each input."""
        if len(self.inputs) == 1 and self.inputs[0].lists_examples(x):
            return [x]
        return arrange("x", x, self.inputs, arrays=True, more=True)

    def standardize_targets(self, y, each=False):
        """A list, an array for each output or, where examples have targets of different sizes, a
        list of arrays; empty where y is None.

        Args:
            y: the targets.
            each: whether a list for a single output has a target for each example.
        """
        if y is None:
            return []
        if each and isinstance(y, (list, tuple)) and len(self.outputs) == 1:
            return [as_column("y", y)]
        values = arrange("y", y, self.outputs, arrays=True)
        return [as_column("y", value) for value in values]

    def standardize_weights(self, sample_weight, count):
        """A list of `count` arrays or None; one array is for all outputs."""
        if not count or not isinstance(sample_weight, (list, tuple, dict)):
            array = None if sample_weight is None else as_array("sample_weight", sample_weight)
            return [array] * count
        values = arrange("sample_weight", sample_weight, self.outputs, arrays=True)
        return [None if v is None else as_column("sample_weight", v) for v in values]


def arrange(what, value, ports, arrays=False, more=False):
    """One value for each port: from a dict by name, a list in order, the value itself, or where
    ports are nested deeper, a nest as theirs.

    Args:
        what: the argument's name, for messages.
        value: what the user passed.
        ports: the model's inputs or outputs.
        arrays: whether lists may also be arrays, for a single port.
        more: whether dicts may hold more than there are ports.

    Raises:
        ValueError: names or numbers do not match.
    """
    names = [port.name for port in ports]
    if any(len(port.path) > 1 for port in ports) and isinstance(value, (dict, list, tuple)):
        return [_at(port.path, what, value) for port in ports]
    if isinstance(value, dict):
        if not set(value) >= set(names) or (len(value) > len(names) and not more):
            raise ValueError(
                f"{what}: expected a dict with the keys {names}, received {list(value)}; use the "
                "names of the model's layers"
            )
        return [value[name] for name in names]
    listed = isinstance(value, (list, tuple))
    if len(ports) == 1 and arrays:
        whole = listed and len(value) == 1 and getattr(value[0], "shape", ()) != ()
        return [value[0] if whole else value]
    if len(ports) == 1 and not listed:
        return [value]
    if not listed or len(value) != len(ports):
        received = f"a list of {len(value)}" if listed else f"one of type {type(value).__name__}"
        raise ValueError(
            f"{what}: expected a list of {len(ports)}, one for each of {names}, received {received}"
        )
    return list(value)


def _at(path, what, value):
    """What stands at a path in a nest."""
    for key in path:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            raise ValueError(
                f"{what}: expected a nest as the model's, with a value at {path}, received none "
                f"at {key!r}; nest it as the model's inputs or outputs"
            ) from None
    return value


def ports_of(nest, prefix):
    """Ports named by the paths in a dict, or by the layers and ops that made the tensors."""
    tensors, places = flatten(nest), paths(nest)
    if isinstance(nest, dict):
        names = ["/".join(map(str, path)) for path in places]
    else:
        default = [prefix] if len(tensors) == 1 else [f"{prefix}_{i}" for i in range(len(tensors))]
        names = [
            name if getattr(t, "history", None) is None else t.history.name
            for t, name in zip(tensors, default, strict=True)
        ]
    return [
        Port(n, (None, *t.shape[1:]) if t.shape else (), t.dtype, p)  # any number of examples
        for n, t, p in zip(names, tensors, places, strict=True)
    ]


def _nest(structure, flat):
    rest = iter(flat)
    return map_structure(lambda _: next(rest), structure)
