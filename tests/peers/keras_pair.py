"""A layer here and the same in Keras, side by side."""

import json

import numpy as np

from pyconv import layers
from pyconv.graph import as_tensor, gradients, placeholder
from pyconv.plan import Function
from pyconv.utils.nest import flatten

EXAMPLES = 3
TOLERANCE = 3e-5  # of the largest number of an array, from 1


def make(namespace, name, arguments):
    """A layer, of this package's namespace or of Keras'; a wrapped one is given as (name,
    arguments)."""
    arguments = {
        key: make(namespace, *value) if key == "layer" else value
        for key, value in arguments.items()
    }
    return getattr(namespace, name)(**arguments)


def draw_inputs(rng, shapes):
    return [rng.standard_normal((EXAMPLES, *shape)).astype("float32") for shape in shapes]


def draw_weights(rng, weights):
    """Values for a layer's weights: variances are positive."""
    return [
        abs(rng.standard_normal(w.shape)) + 0.5
        if any(word in w.name for word in ("variance", "stddev"))
        else w.numpy() if "seed" in w.name or w.dtype == "int32"
        else 0.5 * rng.standard_normal(w.shape)
        for w in weights
    ]  # fmt: skip


def one_or_list(values):
    return values[0] if len(values) == 1 else list(values)


def run_ours(layer, arrays, projection, training):
    """[output, gradients for the inputs, then for the trainable weights]."""

    def step(*xs):
        y = flatten(layer(one_or_list(xs), training=training))[0]
        sources = [*xs, *(as_tensor(v) for v in layer.trainable_weights)]
        flows = gradients(y, as_tensor(projection.astype("float32")), sources)
        zeros = (s * 0.0 if f is None else f for f, s in zip(flows, sources, strict=True))
        return [y, *zeros]

    return Function(step, batched=False)(*arrays)


def run_keras(layer, arrays, rng, training):
    """The projection, and the same list as `run_ours`."""
    import tensorflow as tf

    leaves = [tf.Variable(a) for a in arrays]
    with tf.GradientTape() as tape:
        y = layer(one_or_list([tf.convert_to_tensor(leaf) for leaf in leaves]), training=training)
        projection = rng.standard_normal(y.shape).astype("float32")
        target = tf.reduce_sum(y * projection)
    sources = [*leaves, *(v.value for v in layer.trainable_variables)]
    flows = tape.gradient(target, sources, unconnected_gradients="zero")
    return projection, [y.numpy(), *(tf.convert_to_tensor(f).numpy() for f in flows)]


def compare(name, arguments, shapes, keras, seed=0):
    """Raises AssertionError where the layer differs from Keras'."""
    rng = np.random.default_rng(seed)
    ours, theirs = make(layers, name, arguments), make(keras.layers, name, arguments)
    arrays = draw_inputs(rng, shapes)
    theirs(one_or_list(arrays))
    _compare_shapes(ours, theirs, arrays)
    values = draw_weights(rng, theirs.weights)
    for training in (False,) if "Dropout" in name or "Noise" in name else (False, True):
        theirs.set_weights(values)
        ours.set_weights(theirs.get_weights())
        projection, expected = run_keras(theirs, arrays, rng, training)
        received = run_ours(ours, arrays, projection, training)
        for i, (a, b) in enumerate(zip(received, expected, strict=True)):
            _close(a, b, f"{'training' if training else 'inference'}, result {i}")
        for a, b in zip(ours.weights, theirs.weights, strict=True):
            _close(a.numpy(), b.numpy(), f"{b.path} after a step")
    compare_configs(ours, theirs)


def _compare_shapes(ours, theirs, arrays):
    """Where Keras says None, a size may be known here."""
    free = one_or_list([(None, *a.shape[1:]) for a in arrays])
    said = tuple(theirs.compute_output_shape(free))
    symbolic = ours(one_or_list([placeholder((None, *a.shape[1:])) for a in arrays]))
    for shape in (ours.compute_output_shape(free), symbolic.shape):
        assert len(shape) == len(said), (shape, said)
        assert all(b in (None, a) for a, b in zip(shape, said, strict=True)), (shape, said)
    names = [(w.name, tuple(w.shape)) for w in ours.weights]
    assert names == [(w.name, tuple(w.shape)) for w in theirs.weights]


def _close(received, expected, what, tolerance=TOLERANCE):
    assert received.shape == expected.shape, f"{what}: {received.shape}, {expected.shape}"
    if expected.size:
        bound = tolerance * max(1.0, np.abs(expected).max())
        error = np.abs(received - expected).max()
        assert error <= bound, f"{what}: differs by {error:.2e}, bound {bound:.2e}"


def plain(config):
    """A config as JSON has it, without names that were made up and seeds that were drawn."""

    def clean(part):
        if isinstance(part, dict):
            return {k: clean(v) for k, v in part.items() if k not in ("name", "build_config")}
        if isinstance(part, (list, tuple)):
            return [clean(v) for v in part]
        number = isinstance(part, (int, float, np.number)) and not isinstance(part, bool)
        return float(np.float32(part)) if number else part

    return json.loads(json.dumps(clean(config)))


def compare_configs(ours, theirs):
    a, b = plain(ours.get_config()), plain(theirs.get_config())
    both = {k: (a.get(k, "absent"), b.get(k, "absent")) for k in {*a, *b}}
    different = {k: v for k, v in both.items() if v[0] != v[1]}
    assert not different, f"configs (ours, Keras'): {different}"
