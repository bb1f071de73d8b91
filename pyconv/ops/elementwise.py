"""Functions of one tensor, and of two with broadcasting."""

from __future__ import annotations

from pyconv import core
from pyconv.graph import ZERO, Node, Op, Spec, Tensor, apply, extent, row_size
from pyconv.ops.broadcasting import broadcast_shape, broadcast_strides, sum_to_shape
from pyconv.ops.dtypes import (
    Cast,
    arithmetic,
    array_dtype,
    array_of,
    differentiable,
    dtype_name,
    floats,
    is_integral,
    kernel_dtype,
    moved,
    predicate,
    symbolic,
)
from pyconv.ops.examples import Unknown, batch_count

_UNARY = {name: i for i, name in enumerate(core.FUNCTIONS["unary"])}
_BINARY = {name: i for i, name in enumerate(core.FUNCTIONS["binary"])}


class Unary(Op):
    """y = function(x), element by element; alpha is the constant that some functions have."""

    function: str
    alpha: float = 0.0

    def infer(self, x: Spec) -> Spec:
        expect_float(self.function, x)
        return x

    def gradient(self, node: Node, g: Tensor):
        from pyconv.ops.elementwise_gradients import UNARY  # which is made of these functions

        rule = UNARY.get(self.function)
        return (rule(node.inputs[0], node.output, g, self.alpha) if rule else None,)

    def lower(self, lowering, node: Node) -> None:
        lowering.emit(
            "unary",
            {"x": node.inputs[0], "y": node.output},
            {"alpha": self.alpha},
            **extent(node.output.shape),
            count=row_size(node.output.shape),
            function=_UNARY[self.function],
        )


class Binary(Op):
    """y = function(a, b), element by element, axes of size 1 repeated (NumPy's broadcasting)."""

    function: str
    alpha: float = 0.0

    def infer(self, a: Spec, b: Spec) -> Spec:
        expect_float(self.function, a, b)
        return Spec(broadcast_shape(self.function, a.shape, b.shape))

    def gradient(self, node: Node, g: Tensor):
        from pyconv.ops.elementwise_gradients import BINARY

        rule = BINARY.get(self.function)
        if rule is None:
            return None, None
        a, b = node.inputs
        return tuple(
            flow if flow is None or flow is ZERO else sum_to_shape(flow, x.shape)
            for flow, x in zip(rule(a, b, node.output, g, self.alpha), (a, b), strict=True)
        )

    def lower(self, lowering, node: Node) -> None:
        a, b = node.inputs
        shape = node.output.shape
        lowering.emit(
            "binary",
            {"a": a, "b": b, "y": node.output},
            {"alpha": self.alpha},
            **extent(shape),
            **broadcast_strides(shape, a.shape, b.shape),
            function=_BINARY[self.function],
        )


class StopGradient(Op):
    """y = x, through which no gradient flows."""

    def infer(self, x: Spec) -> Spec:
        return x

    def lower(self, lowering, node: Node) -> None:
        lowering.alias(node.output, node.inputs[0])


def expect_float(function: str, *specs: Spec) -> None:
    """Raises ValueError unless all have float32."""
    for spec in specs:
        if spec.dtype != "float32":
            raise ValueError(
                f"{function}: expected float32, received {spec.dtype}; use "
                "ops.cast(x, 'float32') first"
            )


def _unary(function: str, summary: str, example: str, kind=None):
    """The public function of a unary op: floating, or of a `kind`."""

    def call(x):
        if kind is None:
            return apply(Unary(function), floats(x))
        return kind(Unary(function), function, x)

    call.__name__ = call.__qualname__ = function
    call.__doc__ = f"""{summary}, element by element.

    Args:
        x: tensor or array of any shape.

    Returns:
        A tensor, or an array for an array, of x's shape.

    Example:
        >>> from pyconv import ops
        >>> {example.splitlines()[0]}
        {example.splitlines()[1]}
    """
    return call


def _binary(function: str, summary: str, example: str, kind=None):
    """The public function of a binary op: floating, or of a `kind`."""

    def call(x1, x2):
        if kind is None:
            return apply(Binary(function), floats(x1), floats(x2))
        return kind(Binary(function), function, x1, x2)

    call.__name__ = call.__qualname__ = function
    call.__doc__ = f"""{summary}, element by element with NumPy's broadcasting.

    Args:
        x1, x2: tensors, arrays or numbers.

    Returns:
        A tensor, or an array for arrays, of the broadcast shape.

    Raises:
        ValueError: the shapes do not broadcast.

    Example:
        >>> from pyconv import ops
        >>> {example.splitlines()[0]}
        {example.splitlines()[1]}
    """
    return call


_f32 = ", dtype=float32)"
square = _unary("square", "x * x", f"ops.square([1.0, -3.0])\narray([1., 9.]{_f32}", arithmetic)
sqrt = _unary("sqrt", "The square root", f"ops.sqrt([4.0, 9.0])\narray([2., 3.]{_f32}")
rsqrt = _unary("rsqrt", "1 / sqrt(x)", f"ops.rsqrt([4.0, 1.0])\narray([0.5, 1. ]{_f32}")
reciprocal = _unary("reciprocal", "1 / x", f"ops.reciprocal([4.0, 2.0])\narray([0.25, 0.5 ]{_f32}")
exp = _unary("exp", "e to the power of x", f"ops.exp([0.0])\narray([1.]{_f32}")
expm1 = _unary("expm1", "exp(x) - 1, exact for small x", f"ops.expm1([0.0])\narray([0.]{_f32}")
log = _unary("log", "The natural logarithm", f"ops.log([1.0])\narray([0.]{_f32}")
log1p = _unary("log1p", "log(1 + x), exact for small x", f"ops.log1p([0.0])\narray([0.]{_f32}")
abs = _unary("abs", "The absolute value", f"ops.abs([-2.0, 3.0])\narray([2., 3.]{_f32}", arithmetic)
negative = _unary(
    "negative", "-x", f"ops.negative([1.0, -2.0])\narray([-1.,  2.]{_f32}", arithmetic
)
sign = _unary(
    "sign", "-1, 0 or 1", f"ops.sign([-3.0, 0.0, 2.0])\narray([-1.,  0.,  1.]{_f32}", arithmetic
)
floor = _unary("floor", "Rounded down", f"ops.floor([1.5, -1.5])\narray([ 1., -2.]{_f32}")
ceil = _unary("ceil", "Rounded up", f"ops.ceil([1.5, -1.5])\narray([ 2., -1.]{_f32}")
sin = _unary("sin", "The sine of x in radians", f"ops.sin([0.0])\narray([0.]{_f32}")
cos = _unary("cos", "The cosine of x in radians", f"ops.cos([0.0])\narray([1.]{_f32}")
erf = _unary("erf", "The error function", f"ops.erf([0.0])\narray([0.]{_f32}")
logical_not = _unary(
    "logical_not",
    "Whether x is 0",
    "ops.logical_not([0.0, 2.0])\narray([ True, False])",
    predicate,
)
absolute = abs

add = _binary("add", "x1 + x2", f"ops.add([1.0, 2.0], 3.0)\narray([4., 5.]{_f32}", arithmetic)
subtract = _binary(
    "subtract", "x1 - x2", f"ops.subtract([1.0, 2.0], 3.0)\narray([-2., -1.]{_f32}", arithmetic
)
multiply = _binary(
    "multiply", "x1 * x2", f"ops.multiply([1.0, 2.0], 3.0)\narray([3., 6.]{_f32}", arithmetic
)
divide = _binary("divide", "x1 / x2", f"ops.divide([1.0, 2.0], 2.0)\narray([0.5, 1. ]{_f32}")
maximum = _binary(
    "maximum", "The larger", f"ops.maximum([1.0, 5.0], 3.0)\narray([3., 5.]{_f32}", arithmetic
)
minimum = _binary(
    "minimum", "The smaller", f"ops.minimum([1.0, 5.0], 3.0)\narray([1., 3.]{_f32}", arithmetic
)
power = _binary(
    "power",
    "x1 to the power of x2",
    f"ops.power([2.0, 3.0], 2.0)\narray([4., 9.]{_f32}",
    arithmetic,
)
equal = _binary(
    "equal", "Whether x1 == x2", "ops.equal([1.0, 2.0], 2.0)\narray([False,  True])", predicate
)
not_equal = _binary(
    "not_equal",
    "Whether x1 != x2",
    "ops.not_equal([1.0, 2.0], 2.0)\narray([ True, False])",
    predicate,
)
less = _binary(
    "less", "Whether x1 < x2", "ops.less([1.0, 2.0], 2.0)\narray([ True, False])", predicate
)
less_equal = _binary(
    "less_equal",
    "Whether x1 <= x2",
    "ops.less_equal([1.0, 3.0], 2.0)\narray([ True, False])",
    predicate,
)
greater = _binary(
    "greater",
    "Whether x1 > x2",
    "ops.greater([1.0, 3.0], 2.0)\narray([False,  True])",
    predicate,
)
greater_equal = _binary(
    "greater_equal",
    "Whether x1 >= x2",
    "ops.greater_equal([1.0, 2.0], 2.0)\narray([False,  True])",
    predicate,
)
arctan2 = _binary(
    "arctan2",
    "The angle of the point (x2, x1) in radians, -pi to pi",
    f"ops.arctan2([1.0, 0.0], [0.0, 1.0]).round(4)\narray([1.5708, 0.    ]{_f32}",
)
squared_difference = _binary(
    "squared_difference", "(x1 - x2)^2", f"ops.squared_difference([1.0], 3.0)\narray([4.]{_f32}"
)


def round(x, decimals: int = 0):
    """Rounded to so many decimals, halves to even.

    Example:
        >>> from pyconv import ops
        >>> ops.round([1.4, 2.5]), ops.round([1.26], decimals=1)
        (array([1., 2.], dtype=float32), array([1.3], dtype=float32))
    """
    if decimals == 0 or (is_integral(x) and decimals > 0):
        return arithmetic(Unary("round"), "round", x)
    factor = 10.0**decimals
    rounded = divide(apply(Unary("round"), multiply(floats(x), factor)), factor)
    return cast(rounded, "int32") if is_integral(x) else rounded


def isfinite(x):
    """Whether x is a finite number: neither NaN nor infinite.

    Example:
        >>> from pyconv import ops
        >>> ops.isfinite([1.0, float("inf")])
        array([ True, False])
    """
    return logical_not(apply(Unary("not_finite"), floats(x)))


def clip(x, x_min, x_max):
    """min(max(x, x_min), x_max), element by element; its gradient is 0 outside the bounds.

    Args:
        x: tensor or array of any shape.
        x_min, x_max: numbers, or tensors or arrays that broadcast.

    Example:
        >>> from pyconv import ops
        >>> ops.clip([-1.0, 0.5, 7.0], 0.0, 1.0)
        array([0. , 0.5, 1. ], dtype=float32)
    """
    numbers = all(isinstance(bound, (int, float)) for bound in (x_min, x_max))
    if not numbers or is_integral(x):
        return minimum(maximum(x, x_min), x_max)
    return apply(Unary("min_alpha", float(x_max)), apply(Unary("max_alpha", float(x_min)), x))


def cast(x, dtype):
    """The same numbers in another dtype; fractions are cut off towards integers.

    Args:
        x: tensor or array.
        dtype: a name such as "int32" or "bool", or a NumPy dtype. In a graph floats and bool are
            float32, integers int32 (see the module `dtypes`).

    Example:
        >>> from pyconv import ops
        >>> ops.cast([1.7, -1.7], "int32")
        array([ 1, -1], dtype=int32)
    """
    name = dtype_name(dtype)
    if isinstance(x, Unknown) and x.examples:
        x = batch_count(x)
    if not differentiable(x):
        array = array_of(x)
        return array if array.dtype == array_dtype(name) else array.astype(array_dtype(name))
    if name == "bool":
        return not_equal(x, 0.0)
    y = apply(Cast(kernel_dtype(name)), x)
    return y if symbolic(y) or "int" not in name else y.astype(name)


def stop_gradient(variable):
    """The tensor or array itself, through which no gradient flows.

    Example:
        >>> from pyconv import ops
        >>> ops.stop_gradient([1.0])
        array([1.], dtype=float32)
    """
    return moved(StopGradient(), variable)
