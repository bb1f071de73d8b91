"""Random layers that Keras has, too: names, arguments and weights are the same on both sides."""

from math import prod

import numpy as np

from pyconv import layers
from tests.peers.differential import VECTOR_WIDTHS, Case, choose, integers, normal
from tests.peers.geometries import LARGEST, Window, draw_conv

# TensorFlow's kernels for CPUs lack strides with dilation, groups, unequal strides of depthwise
# convolution and channels first, which are tested against PyTorch.


def _case(rng, name, kwargs, shape, kind="sum", terms=1, training=None):
    """A layer of ours with random weights; its peer is built by `run_keras`."""
    layer = getattr(layers, name)(**kwargs)
    x = _distinct(rng, shape) if "MaxPooling3D" in name else normal(rng, *shape)
    layer.build(x.shape)
    trained = [normal(rng, *w.shape) for w in layer.trainable_weights]
    for variable, value in zip(layer.trainable_weights, trained, strict=True):
        variable.assign(value)
    extra = {} if training is None else {"training": training}
    return Case(
        {"layer": name, **kwargs},
        lambda x, *_: layer(x, **extra),
        (name, kwargs, extra),
        [x, *trained],
        kind,
        terms=terms,
        weights=layer.trainable_weights,
    )


def _distinct(rng, shape):
    """Numbers apart: TensorFlow's gradient in 3-D takes those within 1e-5 for the same maximum."""
    return rng.permutation(prod(shape)).reshape(shape) / prod(shape) * 6 - 3


def _per_axis(rank, values):
    return values[0] if rank == 1 else tuple(values)


def _strides_or_dilation(rng, rank, paddings):
    """Equal strides, or a dilation, along all axes: the kernels that TensorFlow has."""
    while True:
        window, n, ic, oc, _ = draw_conv(rng, rank, paddings=paddings)
        if rng.integers(2):
            window.dilation, window.strides = (1,) * window.rank, (window.strides[0],) * window.rank
        else:
            window.strides = (1,) * window.rank
        window.reaches = tuple(
            d * (k - 1) + 1 for d, k in zip(window.dilation, window.kernel, strict=True)
        )
        if all(r <= i for r, i in zip(window.reaches, window.sizes, strict=True)):
            return window, n, ic, oc


def _arguments(rng, window, **others):
    return {
        "kernel_size": _per_axis(window.rank, window.kernel),
        "strides": _per_axis(window.rank, window.strides),
        "padding": window.padding,
        "dilation_rate": _per_axis(window.rank, window.dilation),
        "use_bias": bool(rng.integers(2)),
        "activation": choose(rng, (None, "tanh", "softplus", "sigmoid")),
        **others,
    }


def draw_conv_layer(rng):
    rank = int(rng.integers(1, 4))
    paddings = ("valid", "same", "causal") if rank == 1 else ("valid", "same")
    window, n, ic, oc = _strides_or_dilation(rng, rank, paddings)
    kwargs = _arguments(rng, window, filters=oc)
    return _case(
        rng, f"Conv{rank}D", kwargs, (n, *window.sizes, ic), terms=prod(window.kernel) * ic
    )


def draw_conv_transpose(rng):
    rank = int(rng.integers(1, 4))
    window, n, ic, oc = _strides_or_dilation(rng, rank, ("valid", "same"))
    window.dilation = (1,) * rank
    extra = tuple(int(rng.integers(0, s)) for s in window.strides)
    given = min(window.strides) > 1 and rng.integers(2) and window.padding == "valid"
    kwargs = _arguments(rng, window, filters=oc)
    kwargs["output_padding"] = _per_axis(rank, extra) if given else None
    terms = prod(window.kernel) * ic
    return _case(rng, f"Conv{rank}DTranspose", kwargs, (n, *window.sizes, ic), terms=terms)


def draw_depthwise(rng):
    rank = int(rng.integers(1, 3))
    window, n, ic, _ = _strides_or_dilation(rng, rank, ("valid", "same"))
    kwargs = _arguments(rng, window, depth_multiplier=int(rng.integers(1, 4)))
    name, shape = f"DepthwiseConv{rank}D", (n, *window.sizes, ic)
    return _case(rng, name, kwargs, shape, terms=prod(window.kernel))


def draw_separable(rng):
    rank = int(rng.integers(1, 3))
    window, n, ic, oc = _strides_or_dilation(rng, rank, ("valid", "same"))
    kwargs = _arguments(rng, window, filters=oc, depth_multiplier=int(rng.integers(1, 3)))
    name, shape = f"SeparableConv{rank}D", (n, *window.sizes, ic)
    return _case(rng, name, kwargs, shape, terms=prod(window.kernel) * ic * 2)


def _shape(rng, rank):
    sizes = integers(rng, 1, LARGEST[rank], rank)
    return int(rng.integers(1, 6)), *sizes, choose(rng, VECTOR_WIDTHS)


def draw_pooling(rng):
    rank, name = int(rng.integers(1, 4)), choose(rng, ("Max", "Average"))
    while True:
        window = Window(rng, rank, ("valid", "same"))
        if all(k <= i for k, i in zip(window.kernel, window.sizes, strict=True)):
            break
    kwargs = {
        "pool_size": _per_axis(rank, window.kernel),
        "strides": choose(rng, (None, _per_axis(rank, window.strides))),
        "padding": window.padding,
    }
    shape = (int(rng.integers(1, 6)), *window.sizes, choose(rng, VECTOR_WIDTHS))
    terms = prod(window.kernel)
    return _case(rng, f"{name}Pooling{rank}D", kwargs, shape, "mean", terms)


def draw_global(rng):
    rank, shape = (r := int(rng.integers(1, 4))), _shape(rng, r)
    name = f"Global{choose(rng, ('Max', 'Average'))}Pooling{rank}D"
    kwargs = {"keepdims": bool(rng.integers(2))}
    return _case(rng, name, kwargs, shape, "mean", prod(shape[1:-1]))


def draw_frame(rng):
    """Padding, cropping and enlarging."""
    rank = int(rng.integers(1, 4))
    shape, name = _shape(rng, rank), choose(rng, ("ZeroPadding", "Cropping", "UpSampling"))
    if name == "ZeroPadding":
        kwargs = {"padding": _per_axis(rank, [integers(rng, 0, 3, 2) for _ in range(rank)])}
    elif name == "Cropping":
        shape = (shape[0], *(s + 4 for s in shape[1:-1]), shape[-1])
        kwargs = {"cropping": _per_axis(rank, [integers(rng, 0, 2, 2) for _ in range(rank)])}
    else:
        kwargs = {"size": _per_axis(rank, integers(rng, 1, 4, rank))}
        if rank == 2:
            kwargs["interpolation"] = choose(rng, ("nearest", "bilinear", "bicubic"))
    return _case(rng, f"{name}{rank}D", kwargs, shape, "function", 16)


def draw_normalization(rng):
    shape = _shape(rng, int(rng.integers(1, 3)))
    options = {"epsilon": choose(rng, (1e-2, 0.1))}
    name = choose(
        rng, ("BatchNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization")
    )
    if name == "GroupNormalization":
        options["groups"] = choose(rng, [g for g in (1, 2, 3, -1) if g < 0 or shape[-1] % g == 0])
    training = bool(rng.integers(2)) if name == "BatchNormalization" else None
    return _case(rng, name, options, shape, "normalization", prod(shape[:-1]), training)


ACTIVATIONS = """
    celu elu exponential gelu hard_shrink hard_sigmoid hard_silu hard_tanh leaky_relu log_sigmoid
    log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus
    sparse_sigmoid squareplus tanh tanh_shrink
"""


def draw_activation(rng):
    kwargs = {"activation": choose(rng, ACTIVATIONS.split())}
    shape = _shape(rng, int(rng.integers(1, 3)))
    return _case(rng, "Activation", kwargs, shape, "function", shape[-1])


def draw_activation_layer(rng):
    a = float(rng.uniform(0.1, 1.5))
    name, kwargs = choose(
        rng,
        [
            ("ELU", {"alpha": a}),
            ("LeakyReLU", {"negative_slope": a}),
            ("PReLU", {}),
            ("PReLU", {"shared_axes": [1]}),
            ("Softmax", {"axis": 1}),
            ("Softmax", {"axis": -1}),
            ("ReLU", {"max_value": 1 + a, "negative_slope": a, "threshold": a / 2}),
        ],
    )
    shape = _shape(rng, int(rng.integers(1, 3)))
    return _case(rng, name, kwargs, shape, "function", shape[1])


def draw_dense(rng):
    shape = (*integers(rng, 1, 5, int(rng.integers(1, 3))), choose(rng, VECTOR_WIDTHS))
    kwargs = {
        "units": choose(rng, VECTOR_WIDTHS),
        "use_bias": bool(rng.integers(2)),
        "activation": choose(rng, (None, "tanh", "softplus")),
    }
    return _case(rng, "Dense", kwargs, shape, terms=shape[-1])


FAMILIES = {
    "conv": draw_conv_layer,
    "conv_transpose": draw_conv_transpose,
    "depthwise_conv": draw_depthwise,
    "separable_conv": draw_separable,
    "pooling": draw_pooling,
    "global_pooling": draw_global,
    "frame": draw_frame,
    "normalization": draw_normalization,
    "activation": draw_activation,
    "activation_layer": draw_activation_layer,
    "dense": draw_dense,
}


def run_keras(case: Case, seed_of) -> tuple[np.ndarray, list[np.ndarray]]:
    """(seed, [value, gradients]) by Keras on TensorFlow, in float64 but for pooling, for
    which TensorFlow has float32 only."""
    import keras
    import tensorflow as tf

    name, kwargs, extra = case.theirs
    dtype = "float32" if "Pooling" in name else "float64"
    layer = getattr(keras.layers, name)(**kwargs, dtype=dtype)
    x, *trained = (a.astype(dtype) for a in case.arrays)
    layer.build(x.shape)
    for variable, value in zip(layer.trainable_variables, trained, strict=True):
        variable.assign(value)
    leaf = tf.Variable(x)
    with tf.GradientTape() as tape:
        y = layer(leaf, **extra)
        seed = seed_of(tuple(y.shape))
        target = tf.reduce_sum(y * seed.astype(dtype))
    sources = [leaf, *(v.value for v in layer.trainable_variables)]
    flows = tape.gradient(target, sources)
    return seed, [y.numpy(), *(tf.convert_to_tensor(f).numpy() for f in flows)]
