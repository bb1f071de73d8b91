"""Every op that Keras has beside Keras': at once, in a graph, and its gradients."""

import os

import numpy as np
import pytest

from pyconv import activations, ops
from pyconv.graph import as_tensor, gradients
from pyconv.plan import Function
from pyconv.utils.nest import flatten
from tests.peers.keras_ops import ARRAYS_ONLY, CASES, NO_GRADIENT

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
keras = pytest.importorskip("keras", reason="Keras, the peer, is not installed")
pytestmark = pytest.mark.peer

if keras.backend.backend() != "tensorflow":
    pytest.skip("compares with the TensorFlow backend", allow_module_level=True)
import tensorflow as tf  # noqa: E402

CLOSE = {"rtol": 2e-5, "atol": 2e-6}


def listed(results):
    """Results as a flat list."""
    return flatten(list(results) if isinstance(results, (list, tuple)) else results)


def close(ours, theirs, **tolerance):
    ours, theirs = listed(ours), listed(theirs)
    assert len(ours) == len(theirs)
    for own, other in zip(ours, theirs, strict=True):
        own, other = np.asarray(own, "float64"), np.asarray(other, "float64")
        assert own.shape == other.shape
        np.testing.assert_allclose(own, other, **(tolerance or CLOSE))


def dtypes(results):
    return [np.asarray(x).dtype.name for x in listed(results)]


def given(args, places, values):
    """The arguments with other values at some places."""
    args = list(args)
    for place, value in zip(places, values, strict=True):
        args[place] = value
    return args


def tensors(args, *kinds):
    """Places of arrays of some dtypes; integers count as the first argument only."""
    arrays = [i for i, x in enumerate(args) if isinstance(x, np.ndarray)]
    return [i for i in arrays if args[i].dtype in kinds and (i == 0 or args[i].dtype == "float32")]


@pytest.mark.parametrize("name", CASES)
def test_arrays(name):
    for args, kwargs in CASES[name]:
        ours, theirs = (getattr(package, name)(*args, **kwargs) for package in (ops, keras.ops))
        close(ours, theirs)
        assert dtypes(ours) == dtypes(theirs)


@pytest.mark.parametrize("name", [name for name in CASES if name not in ARRAYS_ONLY])
def test_graph(name):
    for args, kwargs in CASES[name]:
        places = tensors(args, "float32", "int32")
        if not places or kwargs.get("dtype", "float32") not in ("float32", "int32"):
            continue

        def traced(*values, args=args, kwargs=kwargs, places=places):
            outputs = listed(getattr(ops, name)(*given(args, places, values), **kwargs))
            return [as_tensor(y) for y in outputs]

        arrays = [np.ascontiguousarray(args[i]) for i in places]
        half = any(isinstance(x, str) and x == "float16" for x in args)
        tolerance = {"rtol": 1e-3, "atol": 1e-3} if half else CLOSE
        close(Function(traced, batched=False)(*arrays), getattr(ops, name)(*args, **kwargs),
              **tolerance)  # fmt: skip


@pytest.mark.parametrize("name", [n for n in CASES if n not in ARRAYS_ONLY + NO_GRADIENT])
def test_gradients(name):
    rng = np.random.default_rng(1)
    for args, kwargs in CASES[name]:
        places = tensors(args, "float32")
        results = listed(getattr(keras.ops, name)(*args, **kwargs))
        floating = [i for i, x in enumerate(results) if np.asarray(x).dtype == np.float32]
        if not places or not floating:
            continue
        seeds = {i: rng.uniform(0.5, 1.5, results[i].shape).astype("float32") for i in floating}

        def total(package, values, args=args, kwargs=kwargs, places=places, seeds=seeds):
            outputs = listed(getattr(package, name)(*given(args, places, values), **kwargs))
            parts = [package.sum(package.multiply(outputs[i], s)) for i, s in seeds.items()]
            return parts[0] if len(parts) == 1 else package.sum(package.stack(parts))

        def ours(*values, total=total):
            flows = gradients(total(ops, values), as_tensor(np.float32(1)), list(values))
            return [as_tensor(np.zeros(v.shape)) if f is None else f
                    for f, v in zip(flows, values, strict=True)]  # fmt: skip

        constants = [tf.constant(args[i]) for i in places]
        with tf.GradientTape() as tape:
            tape.watch(constants)
            loss = total(keras.ops, constants)
        theirs = tape.gradient(loss, constants, unconnected_gradients="zero")
        arrays = [np.ascontiguousarray(args[i]) for i in places]
        flows = Function(ours, batched=False)(*arrays)
        close(flows, [tf.convert_to_tensor(t) for t in theirs], rtol=2e-4, atol=2e-5)


ACTIVATIONS = sorted(set(dir(keras.activations)) - {"get", "serialize", "deserialize", "sparsemax"})
X = np.float32([[-30, -3.5, -1, -0.3, -0.01, 0.2], [0.4, 1, 2.9, 3.1, 6.5, 40]])


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name[0] != "_"])
def test_activations(name):
    """Values and gradients; `sparsemax` of Keras 3.15 does not sum to 1."""
    x = X / 10 if name == "exponential" else X
    more = {"threshold": [(1.0, -2.0)], "relu": [(), (0.1, 4.0, 0.5)], "gelu": [(), (True,)]}
    for arguments in more.get(name, [()]):
        ours, theirs = activations.get(name), keras.activations.get(name)
        close(ours(x, *arguments), theirs(x, *arguments))
        constant = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(constant)
            total = tf.reduce_sum(theirs(constant, *arguments))

        def slope(t, ours=ours, arguments=arguments):
            return gradients(ops.sum(ours(t, *arguments)), as_tensor(np.float32(1)), [t])

        slopes = Function(slope, batched=False)(x)
        close(slopes, tape.gradient(total, constant), rtol=2e-4, atol=2e-5)


def test_pairs_of_real_and_imaginary_parts():
    """Transforms take two tensors as one argument; their sizes are products of several numbers."""
    x = np.random.default_rng(3).normal(size=(2, 2, 4, 90)).astype("float32")
    for name in ("fft", "fft2", "ifft2", "irfft"):
        traced = Function(lambda a, b, name=name: listed(getattr(ops, name)((a, b))))
        close(traced(x[0], x[1]), getattr(keras.ops, name)((x[0], x[1])), rtol=1e-4, atol=1e-4)
