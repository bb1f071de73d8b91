"""How gradients flow through inverses, solutions and factors of matrices (Giles 2008).

Each rule takes what flows into the result, the result, and the operands; G^T is the transpose of
the last two axes.
"""

from __future__ import annotations

import numpy as np

from pyconv.ops.custom import rerouted
from pyconv.ops.diagonals import tril, triu
from pyconv.ops.elementwise import multiply, negative
from pyconv.ops.linear import matmul
from pyconv.ops.rearranging import swapaxes
from pyconv.ops.shaping import expand_dims, shape_of, squeeze


def flowing(y, rule, *xs):
    """The result y, an array, with the rule's gradients with respect to the operands xs."""
    known = rerouted(y, lambda g: rule(g, known, *xs), *xs)
    return known


def _transposed(x):
    return swapaxes(x, -1, -2)


def inverse(g, y, x):
    """-Y^T G Y^T."""
    other = _transposed(y)
    return negative(matmul(matmul(other, g), other))


def determinant(g, y, x):
    """g det(X) X^-T."""
    return multiply(_per_matrix(multiply(g, y)), _inverse_transposed(x))


def log_determinant(g, y, x):
    """g X^-T."""
    return multiply(_per_matrix(g), _inverse_transposed(x))


def _inverse_transposed(x):
    from pyconv.ops.matrices import inv

    return _transposed(inv(x))


def _per_matrix(g):
    return expand_dims(g, (-2, -1))


def solution(g, y, a, b):
    """(-H Y^T, H) with H = A^-T G."""
    h = _product(_inverse_transposed(a), g, a)
    return negative(_outer(h, y, a)), h


def triangular_solution(lower: bool):
    """The rule of triangular matrices: (-H Y^T, H), the first of A's triangle."""

    def rule(g, y, a, b):
        h = _product(_transposed(_inverse_of_half(a, lower)), g, a)
        return (tril if lower else triu)(negative(_outer(h, y, a))), h

    return rule


def factor(g, y, x):
    """The symmetric part of L^-T P L^-1, P the lower triangle of L^T G, its diagonal halved."""
    size = shape_of(y)[-1]
    halved = np.tri(size, dtype="float32") - 0.5 * np.eye(size, dtype="float32")
    middle = multiply(matmul(_transposed(y), g), halved)
    inverse = _inverse_of_half(y, lower=True)
    flow = matmul(matmul(_transposed(inverse), middle), inverse)
    return (flow + _transposed(flow)) * 0.5


def _inverse_of_half(x, lower: bool):
    """The inverse of a triangle of the matrices, which are arrays."""
    half_of, kept = (np.tril, tril) if lower else (np.triu, triu)
    y = np.linalg.inv(half_of(np.asarray(x, "float64"))).astype("float32")
    return flowing(y, lambda g, y, x: kept(inverse(g, y, x)), x)


def _product(matrices, b, a):
    """Of matrices and columns, or a vector for each."""
    if len(shape_of(b)) == len(shape_of(a)) - 1:
        return squeeze(matmul(matrices, expand_dims(b, -1)), -1)
    return matmul(matrices, b)


def _outer(h, y, a):
    """H Y^T, of columns or of a vector for each matrix."""
    if len(shape_of(y)) == len(shape_of(a)) - 1:
        h, y = expand_dims(h, -1), expand_dims(y, -1)
    return matmul(h, _transposed(y))
