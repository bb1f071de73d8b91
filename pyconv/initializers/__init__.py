"""First values of weights: initializers by class, by Keras name ("he_normal") or by config.

An initializer is called with a shape and a dtype and returns a NumPy array. Kernels are
([k...,] ic, oc), channels last. One with a seed returns the same values at each call; one without
draws its seed from the generator that `pyconv.utils.set_random_seed` sets when it is made.
"""

import numpy as np

from pyconv.initializers.constant import Constant, Identity, Ones, Zeros
from pyconv.initializers.fans import compute_fans
from pyconv.initializers.filter_bank import Edge, Gabor
from pyconv.initializers.icnr import ICNR
from pyconv.initializers.initializer import Initializer
from pyconv.initializers.orthogonal import DeltaOrthogonal, Orthogonal
from pyconv.initializers.random import RandomNormal, RandomUniform, TruncatedNormal
from pyconv.initializers.scaling import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    VarianceScaling,
)
from pyconv.initializers.spectral import STFT
from pyconv.utils.registry import Registry

# Keras' lower-case names of the same classes
zeros, ones, constant, identity = Zeros, Ones, Constant, Identity
random_normal, random_uniform, truncated_normal = RandomNormal, RandomUniform, TruncatedNormal
variance_scaling = VarianceScaling
glorot_normal, glorot_uniform = GlorotNormal, GlorotUniform
he_normal, he_uniform = HeNormal, HeUniform
lecun_normal, lecun_uniform = LecunNormal, LecunUniform
orthogonal, delta_orthogonal = Orthogonal, DeltaOrthogonal
gabor, edge = Gabor, Edge
OrthogonalInitializer, IdentityInitializer, STFTInitializer = Orthogonal, Identity, STFT
stft = STFT

_registry = Registry(
    "initializer",
    [
        Zeros,
        Ones,
        Constant,
        Identity,
        RandomNormal,
        RandomUniform,
        TruncatedNormal,
        VarianceScaling,
        GlorotNormal,
        GlorotUniform,
        HeNormal,
        HeUniform,
        LecunNormal,
        LecunUniform,
        Orthogonal,
        DeltaOrthogonal,
        Gabor,
        Edge,
        ICNR,
        STFT,
    ],
    aliases={
        "zero": Zeros,
        "one": Ones,
        "normal": RandomNormal,
        "uniform": RandomUniform,
        "OrthogonalInitializer": Orthogonal,
        "IdentityInitializer": Identity,
        "STFTInitializer": STFT,
    },
)
deserialize = _registry.deserialize


def serialize(initializer):
    """The config of an initializer in the form that Keras 3 writes."""
    return _registry.serialize(initializer)


def get(identifier):
    """The initializer that a name, class, instance, function, config or array stands for.

    Args:
        identifier: a string such as "he_normal" or "HeNormal", a class, an instance, a function of
            (shape, dtype), a config as of `serialize`, an array with the values, or None.

    Returns:
        A callable (shape, dtype) -> array, or None for None.

    Raises:
        ValueError: no initializer has this name, or the identifier is of none of these kinds.

    Example:
        >>> get("zeros")((2,))
        array([0., 0.], dtype=float32)
    """
    if isinstance(identifier, (np.ndarray, np.generic)):
        return _values(identifier)
    return _registry.get(identifier)


def _values(array):
    """An initializer that returns this array, for a variable of exactly its shape."""

    def initialize(shape, dtype="float32"):
        if tuple(shape) != array.shape:
            raise ValueError(
                f"expected an array of shape {tuple(shape)} as initializer, received {array.shape}"
            )
        return array.astype(dtype)

    return initialize


__all__ = [
    "Constant",
    "DeltaOrthogonal",
    "Edge",
    "Gabor",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "ICNR",
    "Identity",
    "IdentityInitializer",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "OrthogonalInitializer",
    "RandomNormal",
    "RandomUniform",
    "STFT",
    "STFTInitializer",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "compute_fans",
    "constant",
    "delta_orthogonal",
    "deserialize",
    "edge",
    "gabor",
    "get",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "identity",
    "lecun_normal",
    "lecun_uniform",
    "ones",
    "orthogonal",
    "random_normal",
    "random_uniform",
    "serialize",
    "stft",
    "truncated_normal",
    "variance_scaling",
    "zeros",
]
