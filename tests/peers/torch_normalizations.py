"""Normalization, against PyTorch."""

from math import prod

import numpy as np

from pyconv import layers
from tests.peers.differential import VECTOR_WIDTHS, Case, choose, integers, normal
from tests.peers.torch_layout import first, functional, last

EPSILONS = (1e-2, 0.1)


def _input(rng, channels=None):
    rank = int(rng.integers(0, 4))
    sizes = integers(rng, 1, (9, 9, 6, 4)[rank], rank)
    x = normal(rng, int(rng.integers(2, 6)), *sizes, channels or choose(rng, VECTOR_WIDTHS))
    return x * float(rng.uniform(0.5, 3)) + float(rng.uniform(-2, 2))


def _case(rng, layer, theirs, x, terms):
    """The layer with random scales and shifts; no weights are trained that `theirs` lacks."""
    layer.build(x.shape)
    trained = [normal(rng, *w.shape) for w in layer.trainable_weights]
    for variable, value in zip(layer.trainable_weights, trained, strict=True):
        variable.assign(value)
    return Case(
        {"layer": type(layer).__name__, **layer.get_config()},
        lambda x, *_: layer(x, **_training(layer)),
        theirs,
        [x, *trained],
        "normalization",
        terms=terms,
        weights=layer.trainable_weights,
    )


def _training(layer):
    return {"training": True} if isinstance(layer, layers.BatchNormalization) else {}


def _affine(y, weights, layer):
    """y times gamma plus beta, of which the layer has both, one or none."""
    weights = list(weights)
    y = y * weights.pop(0) if layer.scale else y
    return y + weights.pop(0) if layer.center else y


def _options(rng):
    return {
        "scale": bool(rng.integers(2)),
        "center": bool(rng.integers(2)),
        "epsilon": choose(rng, EPSILONS),
    }


def draw_batch(rng):
    x = _input(rng)
    layer = layers.BatchNormalization(**_options(rng))

    def theirs(x, *weights):
        y = functional.batch_norm(x.flatten(0, -2), None, None, training=True, eps=layer.epsilon)
        return _affine(y.reshape(x.shape), weights, layer)

    return _case(rng, layer, theirs, x, prod(x.shape[:-1]))


def draw_batch_inference(rng):
    x, layer = _input(rng), layers.BatchNormalization(**_options(rng))
    layer.build(x.shape)
    mean, variance = normal(rng, x.shape[-1]), np.abs(normal(rng, x.shape[-1])) + 0.1
    layer.moving_mean.assign(mean)
    layer.moving_variance.assign(variance)

    def theirs(x, *weights):
        flat = x.flatten(0, -2)
        moments = (flat.new_tensor(mean), flat.new_tensor(variance))
        y = functional.batch_norm(flat, *moments, training=False, eps=layer.epsilon)
        return _affine(y.reshape(x.shape), weights, layer)

    trained = [w.numpy() for w in layer.trainable_weights]
    return Case(
        {"layer": "BatchNormalization, inference"},
        lambda x, *_: layer(x, training=False),
        theirs,
        [x, *trained],
        "normalization",
        weights=layer.trainable_weights,
    )


def draw_layer(rng):
    x = _input(rng)
    axes = tuple(range(int(rng.integers(1, x.ndim)), x.ndim))
    layer = layers.LayerNormalization(axis=list(axes), **_options(rng))

    def theirs(x, *weights):
        y = functional.layer_norm(x, x.shape[axes[0] :], eps=layer.epsilon)
        return _affine(y, weights, layer)

    return _case(rng, layer, theirs, x, prod(x.shape[axes[0] :]))


def draw_group(rng):
    groups = choose(rng, (1, 2, 3, 8))
    x = _input(rng, groups * int(rng.integers(1, 6)))
    layer = layers.GroupNormalization(groups, **_options(rng))

    def theirs(x, *weights):
        y = last(functional.group_norm(first(x), groups, eps=layer.epsilon))
        return _affine(y, weights, layer)

    return _case(rng, layer, theirs, x, prod(x.shape[1:]) // groups)


def draw_rms(rng):
    x, layer = _input(rng), layers.RMSNormalization(epsilon=choose(rng, EPSILONS))

    def theirs(x, scale):
        return functional.rms_norm(x, x.shape[-1:], scale, layer.epsilon)

    return _case(rng, layer, theirs, x, x.shape[-1])


def draw_unit(rng):
    x = _input(rng)
    x += 0.3 * np.sign(x)  # no gradients of 1 / |x| near 0
    axis = int(rng.integers(1, x.ndim))
    layer = layers.UnitNormalization(axis=axis)
    return Case(
        {"axis": axis},
        layer,
        lambda x: functional.normalize(x, dim=axis),
        [x],
        "normalization",
        terms=x.shape[axis],
    )


def draw_local_response(rng):
    size, alpha, beta, k = int(rng.integers(1, 8)), *(float(v) for v in rng.uniform(0.3, 1.5, 3))
    x = _input(rng)
    x = x if x.ndim > 2 else x[:, None]
    layer = layers.LocalResponseNormalization(size, alpha, beta, k)
    return Case(
        {"size": size, "alpha": alpha, "beta": beta, "k": k},
        layer,
        lambda x: last(functional.local_response_norm(first(x), size, alpha, beta, k)),
        [x],
        "normalization",
        terms=size,
    )


FAMILIES = {
    "batch_normalization": draw_batch,
    "batch_normalization_inference": draw_batch_inference,
    "layer_normalization": draw_layer,
    "group_normalization": draw_group,
    "rms_normalization": draw_rms,
    "unit_normalization": draw_unit,
    "local_response_normalization": draw_local_response,
}
