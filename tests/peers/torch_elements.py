"""Functions of elements, reductions, products, places and losses, against PyTorch."""

from math import prod

import numpy as np

from pyconv import activations, layers, losses, ops
from tests.peers.differential import VECTOR_WIDTHS, Case, choose, integers, normal
from tests.peers.torch_layout import functional, torch


def _array(rng, least=1, most=4, scale=1.0):
    """Of any rank, the last axis around a vector's width."""
    rank = int(rng.integers(least, most + 1))
    return scale * normal(rng, *integers(rng, 1, 6, rank - 1), choose(rng, VECTOR_WIDTHS))


ACTIVATIONS = {
    "celu": functional.celu,
    "elu": functional.elu,
    "exponential": torch.exp,
    "gelu": functional.gelu,
    "hard_shrink": functional.hardshrink,
    "hard_sigmoid": functional.hardsigmoid,
    "hard_silu": functional.hardswish,
    "hard_tanh": functional.hardtanh,
    "leaky_relu": lambda x: functional.leaky_relu(x, 0.2),
    "log_sigmoid": functional.logsigmoid,
    "mish": functional.mish,
    "relu": functional.relu,
    "relu6": functional.relu6,
    "selu": functional.selu,
    "sigmoid": torch.sigmoid,
    "silu": functional.silu,
    "soft_shrink": functional.softshrink,
    "softplus": lambda x: functional.softplus(x, threshold=1000),
    "softsign": functional.softsign,
    "tanh": torch.tanh,
    "tanh_shrink": functional.tanhshrink,
}


def draw_activation(rng):
    name = choose(rng, list(ACTIVATIONS))
    x = _array(rng, scale=choose(rng, (0.01, 1.0, 4.0)))
    return Case({"activation": name}, layers.Activation(name), ACTIVATIONS[name], [x], "function")


def draw_parametric_activation(rng):
    a = float(rng.uniform(0.1, 2.0))
    name, ours, theirs = choose(
        rng,
        [
            ("celu", lambda x: activations.celu(x, a), lambda x: functional.celu(x, a)),
            ("elu", lambda x: activations.elu(x, a), lambda x: functional.elu(x, a)),
            (
                "leaky_relu",
                lambda x: activations.leaky_relu(x, a),
                lambda x: functional.leaky_relu(x, a),
            ),
            (
                "hard_shrink",
                lambda x: activations.hard_shrink(x, a),
                lambda x: functional.hardshrink(x, a),
            ),
            (
                "soft_shrink",
                lambda x: activations.soft_shrink(x, a),
                lambda x: functional.softshrink(x, a),
            ),
            (
                "threshold",
                lambda x: activations.threshold(x, a, -a),
                lambda x: functional.threshold(x, a, -a),
            ),
            (
                "gelu",
                lambda x: ops.gelu(x, approximate=True),
                lambda x: functional.gelu(x, approximate="tanh"),
            ),
        ],
    )
    return Case({"activation": name, "alpha": a}, ours, theirs, [3 * _array(rng)], "function")


def draw_prelu(rng):
    x = _array(rng, 2)
    layer = layers.PReLU(shared_axes=list(range(1, x.ndim - 1)) or None)
    layer.build(x.shape)
    alpha = normal(rng, *layer.alpha.shape)
    layer.set_weights([alpha])
    return Case(
        {"layer": "PReLU"},
        lambda x, _: layer(x),
        lambda x, alpha: x.clamp(min=0) + alpha * x.clamp(max=0),
        [x, alpha],
        "function",
        weights=layer.trainable_weights,
    )


def _axes(rng, ndim):
    """Some axes but that of examples, in any order."""
    count = int(rng.integers(1, ndim))
    return tuple(int(a) for a in 1 + rng.permutation(ndim - 1)[:count])


def draw_softmax(rng):
    x = 3 * _array(rng, 2)
    axes, name = _axes(rng, x.ndim), choose(rng, ("softmax", "log_softmax"))
    rest = tuple(a for a in range(x.ndim) if a not in axes)
    order = rest + tuple(sorted(axes))
    back = tuple(int(i) for i in np.argsort(order))
    axis = axes[0] if len(axes) == 1 else axes

    def theirs(x):
        y = x.permute(order)
        whole = getattr(torch, name)(y.flatten(len(rest)), -1)
        return whole.reshape(y.shape).permute(back)

    settings = {"function": name, "axis": axis}
    terms = prod(x.shape[a] for a in axes)
    return Case(
        settings, lambda x: getattr(ops, name)(x, axis), theirs, [x], "function", terms=terms
    )


def draw_glu(rng):
    x = _array(rng, 2)
    axis = int(rng.integers(1, x.ndim))
    x = np.concatenate([x, normal(rng, *x.shape)], axis)
    return Case(
        {"axis": axis},
        lambda x: ops.glu(x, axis),
        lambda x: functional.glu(x, axis),
        [x],
        "function",
    )


UNARY = {
    "abs": torch.abs,
    "cos": torch.cos,
    "erf": torch.erf,
    "exp": torch.exp,
    "expm1": torch.expm1,
    "negative": torch.neg,
    "sin": torch.sin,
    "square": torch.square,
}
POSITIVE = {
    "log": torch.log,
    "log1p": torch.log1p,
    "reciprocal": torch.reciprocal,
    "rsqrt": torch.rsqrt,
    "sqrt": torch.sqrt,
}


def draw_unary(rng):
    name = choose(rng, [*UNARY, *POSITIVE])
    x = 2 * _array(rng)
    x = np.abs(x) + 0.1 if name in POSITIVE else x
    return Case({"op": name}, getattr(ops, name), (UNARY | POSITIVE)[name], [x], "function")


BINARY = {
    "add": torch.add,
    "subtract": torch.subtract,
    "multiply": torch.multiply,
    "divide": torch.divide,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "arctan2": torch.atan2,
    "power": torch.pow,
    "squared_difference": lambda a, b: (a - b) ** 2,
}


def draw_binary(rng):
    """With axes of size 1 that are broadcast."""
    name, a = choose(rng, list(BINARY)), _array(rng)
    shapes = [tuple(s if rng.integers(3) else 1 for s in a.shape) for _ in range(2)]
    a, b = (normal(rng, *shape) for shape in shapes)
    if name in ("divide", "power", "arctan2"):
        a, b = np.abs(a) + 0.2, np.clip(b, -2, 2) + np.sign(b) * 0.2
    return Case({"op": name}, getattr(ops, name), BINARY[name], [a, b], "function", examples=0)


REDUCTIONS = {
    "sum": torch.sum,
    "mean": torch.mean,
    "max": torch.amax,
    "min": torch.amin,
    "prod": lambda x, axes, keep: _product(x, axes, keep),
}


def _product(x, axes, keep):
    for axis in sorted(axes, reverse=True):
        x = x.prod(axis, keep)
    return x


def draw_reduction(rng):
    x = _array(rng)
    axes = tuple(int(a) for a in rng.permutation(x.ndim)[: int(rng.integers(1, x.ndim + 1))])
    name, keep = choose(rng, list(REDUCTIONS)), bool(rng.integers(2))
    if name == "prod":
        x = np.clip(1 + 0.1 * x, 0.5, 1.5)
    return Case(
        {"op": name, "axis": axes, "keepdims": keep},
        lambda x: getattr(ops, name)(x, axes, keep),
        lambda x: REDUCTIONS[name](x, axes, keep),
        [x],
        examples=0,
        terms=prod(x.shape[a] for a in axes),
    )


def draw_variance(rng):
    x = _array(rng, 2)
    axes = tuple(int(a) for a in rng.permutation(x.ndim)[: int(rng.integers(1, x.ndim + 1))])
    return Case(
        {"op": "moments", "axes": axes},
        lambda x: ops.moments(x, axes)[1],
        lambda x: x.var(axes, correction=0),
        [x],
        "function",
        examples=0,
        terms=prod(x.shape[a] for a in axes),
    )


def draw_dense(rng):
    shape = integers(rng, 1, 5, int(rng.integers(1, 4)))
    i, o = choose(rng, (*VECTOR_WIDTHS, 65, 130)), choose(rng, VECTOR_WIDTHS)
    arrays = [normal(rng, *shape, i), normal(rng, i, o), normal(rng, o)][: int(rng.integers(2, 4))]
    return Case(
        {"op": "dense"},
        ops.dense,
        lambda x, kernel, bias=None: functional.linear(x, kernel.T, bias),
        arrays,
        terms=i,
    )


def draw_matmul(rng):
    lead = integers(rng, 1, 4, int(rng.integers(0, 3)))
    m, k, n = (choose(rng, VECTOR_WIDTHS) for _ in range(3))
    arrays = [normal(rng, *lead, m, k), normal(rng, *lead, k, n)]
    return Case({"op": "matmul"}, ops.matmul, torch.matmul, arrays, examples=0, terms=k)


def draw_take(rng):
    """The rows of a table, as an embedding looks them up."""
    rows, width = int(rng.integers(1, 30)), choose(rng, VECTOR_WIDTHS)
    indices = rng.integers(0, rows, integers(rng, 1, 6, int(rng.integers(1, 3)))).astype("int32")
    return Case(
        {"indices": indices.shape},
        lambda table: ops.take(table, indices, axis=0),
        lambda table: functional.embedding(torch.tensor(indices.astype("int64")), table),
        [normal(rng, rows, width)],
        examples=0,
        terms=indices.size,
    )


def draw_along_axis(rng):
    x = _array(rng, 2)
    axis = int(rng.integers(1, x.ndim))
    if rng.integers(2):
        shape = tuple(int(rng.integers(1, 9)) if a == axis else s for a, s in enumerate(x.shape))
        indices = rng.integers(0, x.shape[axis], shape).astype("int32")
        name, wide = "take_along_axis", torch.tensor(indices.astype("int64"))
        ours = lambda x: ops.take_along_axis(x, indices, axis)  # noqa: E731
        theirs = lambda x: x.gather(axis, wide)  # noqa: E731
    else:
        size = int(rng.integers(1, 9))
        indices = rng.integers(0, size, x.shape).astype("int32")
        name, wide = "scatter_along_axis", torch.tensor(indices.astype("int64"))
        shape = tuple(size if a == axis else s for a, s in enumerate(x.shape))
        ours = lambda x: ops.scatter_along_axis(x, indices, size, axis)  # noqa: E731
        theirs = lambda x: x.new_zeros(shape).scatter_add(axis, wide, x)  # noqa: E731
    return Case({"op": name, "axis": axis}, ours, theirs, [x], examples=0, terms=x.shape[axis])


def draw_sort(rng):
    x, down = _array(rng), bool(rng.integers(2))
    axis, k = int(rng.integers(0, x.ndim)), int(rng.integers(1, x.shape[-1] + 1))
    if rng.integers(2):
        ours, theirs = lambda x: ops.top_k(x, k)[0], lambda x: x.topk(k).values
        return Case({"op": "top_k", "k": k}, ours, theirs, [x], "copy", examples=0)
    return Case(
        {"op": "sort", "axis": axis, "descending": down},
        lambda x: ops.sort(x, axis, down),
        lambda x: x.sort(axis, down).values,
        [x],
        "copy",
        examples=0,
    )


def draw_loss(rng):
    """Of logits; labels are data."""
    shape = integers(rng, 1, 6, int(rng.integers(1, 3)))
    classes = choose(rng, VECTOR_WIDTHS[1:])
    logits = 3 * normal(rng, *shape, classes)
    labels = rng.integers(0, classes, shape).astype("int32")
    targets = rng.dirichlet(np.ones(classes), shape).astype("float32")
    yes = rng.integers(0, 2, logits.shape).astype("float32")
    index, soft, wide = (
        torch.tensor(labels.astype("int64")),
        torch.tensor(targets),
        torch.tensor(yes),
    )
    name, ours, theirs = choose(
        rng,
        [
            (
                "sparse",
                lambda z: losses.sparse_categorical_crossentropy(labels, z, from_logits=True),
                lambda z: -functional.log_softmax(z, -1).gather(-1, index[..., None])[..., 0],
            ),
            (
                "categorical",
                lambda z: losses.categorical_crossentropy(targets, z, from_logits=True),
                lambda z: -(functional.log_softmax(z, -1) * soft).sum(-1),
            ),
            (
                "binary",
                lambda z: losses.binary_crossentropy(yes, z, from_logits=True),
                lambda z: functional.binary_cross_entropy_with_logits(
                    z, wide.double(), reduction="none"
                ).mean(-1),
            ),
            (
                "squares",
                lambda z: losses.mean_squared_error(targets, z),
                lambda z: functional.mse_loss(z, soft.double(), reduction="none").mean(-1),
            ),
            (
                "absolute",
                lambda z: losses.mean_absolute_error(targets, z),
                lambda z: functional.l1_loss(z, soft.double(), reduction="none").mean(-1),
            ),
        ],
    )
    return Case({"loss": name}, ours, theirs, [logits], "function", examples=0, terms=classes)


FAMILIES = {
    "activation": draw_activation,
    "parametric_activation": draw_parametric_activation,
    "prelu": draw_prelu,
    "softmax": draw_softmax,
    "glu": draw_glu,
    "unary": draw_unary,
    "binary": draw_binary,
    "reduction": draw_reduction,
    "variance": draw_variance,
    "dense": draw_dense,
    "matmul": draw_matmul,
    "take": draw_take,
    "along_axis": draw_along_axis,
    "sort": draw_sort,
    "loss": draw_loss,
}
