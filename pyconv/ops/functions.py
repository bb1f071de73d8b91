"""Functions of numbers that are made of others, element by element."""

from __future__ import annotations

import math

from pyconv.ops.custom import rerouted
from pyconv.ops.dtypes import floats
from pyconv.ops.elementwise import (
    abs,
    add,
    arctan2,
    divide,
    equal,
    erf,
    exp,
    expm1,
    greater,
    isfinite,
    less,
    log,
    log1p,
    logical_not,
    maximum,
    minimum,
    multiply,
    negative,
    not_equal,
    power,
    reciprocal,
    rsqrt,
    sign,
    sin,
    sqrt,
    square,
    stop_gradient,
    subtract,
)
from pyconv.ops.elementwise import cos as cosine
from pyconv.ops.selection import where


def _named(name: str, summary: str, example: str, compute, arguments: str = "x"):
    """A public function of one or two tensors."""
    one = arguments == "x"

    def unary(x):
        return compute(floats(x))

    def binary(x1, x2):
        return compute(x1, x2)

    function = unary if one else binary
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"""{summary}, element by element.

    Args:
        {"x: tensor or array" if one else "x1, x2: tensors, arrays or numbers that broadcast"}.

    Example:
        >>> from pyconv import ops
        >>> {example.splitlines()[0]}
        {example.splitlines()[1]}
    """
    return function


def _legs(x):
    """sqrt(1 - x^2), exact near 1."""
    return sqrt(multiply(subtract(1.0, x), add(1.0, x)))


def _arcsinh(x):
    size = abs(x)
    squared = square(size)
    y = multiply(sign(x), log1p(add(size, divide(squared, add(sqrt(add(squared, 1.0)), 1.0)))))
    return rerouted(y, lambda g: g * rsqrt(add(square(x), 1.0)), x)


def _sinc(x):
    angle = multiply(x, math.pi)
    safe = where(equal(angle, 0.0), 1.0, angle)
    return where(equal(angle, 0.0), 1.0, divide(sin(safe), safe))


# Giles (2010), "Approximating the erfinv function": two polynomials in w = -log(1 - x^2)
_CENTRE = (
    2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087, -0.00125372503,
    -0.00417768164, 0.246640727, 1.50140941,
)  # fmt: skip
_TAIL = (
    -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613,
    0.00943887047, 1.00167406, 2.83297682,
)  # fmt: skip


def _polynomial(coefficients, w):
    y = coefficients[0]
    for c in coefficients[1:]:
        y = add(multiply(y, w), c)
    return y


def _erfinv(x):
    w = negative(log(multiply(subtract(1.0, x), add(1.0, x))))
    centre = _polynomial(_CENTRE, subtract(minimum(w, 5.0), 2.5))
    tail = _polynomial(_TAIL, subtract(sqrt(minimum(maximum(w, 5.0), 100.0)), 3.0))
    y = multiply(where(less(w, 5.0), centre, tail), x)
    y = where(equal(abs(x), 1.0), multiply(x, math.inf), y)
    y = where(greater(abs(x), 1.0), math.nan, y)
    return rerouted(y, lambda g: g * multiply(exp(square(_erfinv(x))), math.sqrt(math.pi) / 2), x)


def _log_sum(x1, x2, base: float):
    """log_base(base^x1 + base^x2), from the larger one on."""
    x1, x2, scale = floats(x1), floats(x2), math.log(base)
    top = stop_gradient(maximum(x1, x2))
    top = where(isfinite(top), top, 0.0)
    parts = [exp(multiply(subtract(x, top), scale)) for x in (x1, x2)]
    return add(top, multiply(log(add(*parts)), 1 / scale))


def _both(a, b):
    """Whether neither is 0."""
    neither = add(floats(logical_not(a)), floats(logical_not(b)))
    return less(neither, 0.5)


_f = ", dtype=float32)"
tan = _named("tan", "The tangent of x in radians", f"ops.tan([0.0])\narray([0.]{_f}",
             lambda x: divide(sin(x), cosine(x)))  # fmt: skip
arcsin = _named("arcsin", "The angle whose sine is x", f"ops.arcsin([0.0])\narray([0.]{_f}",
                lambda x: arctan2(x, _legs(x)))  # fmt: skip
arccos = _named("arccos", "The angle whose cosine is x", f"ops.arccos([1.0])\narray([0.]{_f}",
                lambda x: arctan2(_legs(x), x))  # fmt: skip
arctan = _named("arctan", "The angle whose tangent is x", f"ops.arctan([0.0])\narray([0.]{_f}",
                lambda x: arctan2(x, 1.0))  # fmt: skip
sinh = _named("sinh", "(exp(x) - exp(-x)) / 2", f"ops.sinh([0.0])\narray([0.]{_f}",
              lambda x: multiply(subtract(expm1(x), expm1(negative(x))), 0.5))  # fmt: skip
cosh = _named("cosh", "(exp(x) + exp(-x)) / 2", f"ops.cosh([0.0])\narray([1.]{_f}",
              lambda x: multiply(add(exp(x), exp(negative(x))), 0.5))  # fmt: skip
arcsinh = _named("arcsinh", "The inverse of sinh", f"ops.arcsinh([0.0])\narray([0.]{_f}", _arcsinh)
arccosh = _named("arccosh", "The inverse of cosh, from x = 1 on",
                 f"ops.arccosh([1.0])\narray([0.]{_f}",
                 lambda x: log(add(x, multiply(sqrt(subtract(x, 1.0)), sqrt(add(x, 1.0))))),
                 )  # fmt: skip
arctanh = _named("arctanh", "The inverse of tanh", f"ops.arctanh([0.0])\narray([0.]{_f}",
                 lambda x: multiply(subtract(log1p(x), log1p(negative(x))), 0.5))  # fmt: skip
log2 = _named("log2", "The logarithm to base 2", f"ops.log2([8.0])\narray([3.]{_f}",
              lambda x: multiply(log(x), 1 / math.log(2)))  # fmt: skip
log10 = _named("log10", "The logarithm to base 10", f"ops.log10([1.0])\narray([0.]{_f}",
               lambda x: multiply(log(x), 1 / math.log(10)))  # fmt: skip
exp2 = _named("exp2", "2 to the power of x", f"ops.exp2([3.0]).round(5)\narray([8.]{_f}",
              lambda x: exp(multiply(x, math.log(2))))  # fmt: skip
cbrt = _named("cbrt", "The real cube root", f"ops.cbrt([-8.0]).round(5)\narray([-2.]{_f}",
              lambda x: multiply(sign(x), power(abs(x), 1 / 3)))  # fmt: skip
sinc = _named("sinc", "sin(pi x) / (pi x)", f"ops.sinc([0.0])\narray([1.]{_f}", _sinc)
erfc = _named("erfc", "1 - erf(x)", f"ops.erfc([0.0])\narray([1.]{_f}",
              lambda x: subtract(1.0, erf(x)))  # fmt: skip
erfinv = _named("erfinv", "The inverse of erf", f"ops.erfinv([0.0])\narray([0.]{_f}", _erfinv)
fabs = _named("fabs", "The absolute value, floating", f"ops.fabs([-2])\narray([2.]{_f}", abs)
deg2rad = _named("deg2rad", "Degrees as radians", f"ops.deg2rad([180.0])\narray([3.1415927]{_f}",
                 lambda x: multiply(x, math.pi / 180))  # fmt: skip
rad2deg = _named("rad2deg", "Radians as degrees", f"ops.rad2deg([0.0])\narray([0.]{_f}",
                 lambda x: multiply(x, 180 / math.pi))  # fmt: skip
isnan = _named("isnan", "Whether x is not a number", "ops.isnan([0.0])\narray([False])",
               lambda x: not_equal(x, x))  # fmt: skip
isinf = _named("isinf", "Whether x is infinite", "ops.isinf([0.0])\narray([False])",
               lambda x: equal(abs(x), math.inf))  # fmt: skip
isposinf = _named("isposinf", "Whether x is infinite and positive",
                  "ops.isposinf([0.0])\narray([False])",
                  lambda x: equal(x, math.inf))  # fmt: skip
isneginf = _named("isneginf", "Whether x is infinite and negative",
                  "ops.isneginf([0.0])\narray([False])",
                  lambda x: equal(x, -math.inf))  # fmt: skip
signbit = _named("signbit", "Whether x has a minus sign, as -0.0 does",
                 "ops.signbit([-0.0, 0.0])\narray([ True, False])",
                 lambda x: less(add(multiply(sign(x), 2.0), sign(reciprocal(x))), 0.0),
                 )  # fmt: skip
_two = "x1, x2"
logaddexp = _named("logaddexp", "log(exp(x1) + exp(x2))",
                   f"ops.logaddexp([0.0], [0.0])\narray([0.6931472]{_f}",
                   lambda a, b: _log_sum(a, b, math.e), _two)  # fmt: skip
logaddexp2 = _named("logaddexp2", "log2(2^x1 + 2^x2)",
                    f"ops.logaddexp2([0.0], [0.0])\narray([1.]{_f}",
                    lambda a, b: _log_sum(a, b, 2.0), _two)  # fmt: skip
hypot = _named("hypot", "sqrt(x1^2 + x2^2)", f"ops.hypot([3.0], [4.0])\narray([5.]{_f}",
               lambda a, b: sqrt(add(square(floats(a)), square(floats(b)))), _two)  # fmt: skip
fmax = _named("fmax", "The larger, or the one that is a number",
              f"ops.fmax([1.0], [2.0])\narray([2.]{_f}",
              lambda a, b: where(isnan(a), b, where(isnan(b), a, maximum(a, b))), _two)  # fmt: skip
fmin = _named("fmin", "The smaller, or the one that is a number",
              f"ops.fmin([1.0], [2.0])\narray([1.]{_f}",
              lambda a, b: where(isnan(a), b, where(isnan(b), a, minimum(a, b))), _two)  # fmt: skip
heaviside = _named("heaviside", "0 below 0, x2 at 0, 1 above",
                   f"ops.heaviside([-1.0, 0.0, 1.0], 0.5)\narray([0. , 0.5, 1. ]{_f}",
                   lambda a, b: where(equal(a, 0.0), floats(b), where(greater(a, 0.0), 1.0, 0.0)),
                   _two)  # fmt: skip
ldexp = _named("ldexp", "x1 2^x2", f"ops.ldexp([1.5], [2])\narray([6.]{_f}",
               lambda a, b: multiply(floats(a), exp2(b)), _two)  # fmt: skip
logical_and = _named("logical_and", "Whether neither is 0",
                     "ops.logical_and([True, True], [True, False])\narray([ True, False])",
                     _both, _two)  # fmt: skip
logical_or = _named("logical_or", "Whether one is not 0, or both are not",
                    "ops.logical_or([False, True], [False, True])\narray([False,  True])",
                    lambda a, b: logical_not(_both(logical_not(a), logical_not(b))),
                    _two)  # fmt: skip
logical_xor = _named("logical_xor", "Whether just one is not 0",
                     "ops.logical_xor([False, True], [True, True])\narray([ True, False])",
                     lambda a, b: not_equal(logical_not(a), logical_not(b)), _two)  # fmt: skip


def i0(x):
    """The modified Bessel function of the first kind and order 0 (Abramowitz & Stegun 9.8.1-2).

    Example:
        >>> from pyconv import ops
        >>> ops.i0([0.0])
        array([1.], dtype=float32)
    """
    x = abs(floats(x))
    small = square(divide(minimum(x, 3.75), 3.75))
    inner = _polynomial(
        (0.0045813, 0.0360768, 0.2659732, 1.2067492, 3.0899424, 3.5156229, 1.0), small
    )
    large = divide(3.75, maximum(x, 3.75))
    outer = _polynomial(
        (0.00392377, -0.01647633, 0.02635537, -0.02057706, 0.00916281, -0.00157565, 0.00225319,
         0.01328592, 0.39894228), large,
    )  # fmt: skip
    outer = multiply(outer, divide(exp(maximum(x, 3.75)), sqrt(maximum(x, 3.75))))
    return where(less(x, 3.75), inner, outer)
