"""What every layer must do: one check for all of them."""

import json

import numpy as np

import pyconv
from pyconv.graph import as_tensor, gradients
from pyconv.layers import Input
from pyconv.plan import Function
from pyconv.utils.nest import flatten, map_structure

#: Largest difference of float32 results that differ in rounding only, for values around 1.
TOLERANCE = {"rtol": 2e-5, "atol": 2e-5}


def random_array(*shape, seed=0):
    """float32 normal values."""
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


def run(layer, *arrays, training=False, **kwargs):
    """The layer's output, the first if it has several, inside one plan; several arrays as a
    list."""
    kwargs["training"] = training
    return Function(lambda *xs: flatten(layer(_one_or_list(xs), **kwargs)))(*arrays)[0]


def run_with_gradients(layer, *arrays, training=True):
    """[output, gradients of sum(output^3) / 3 for the inputs, then for the trainable weights]."""

    def step(*xs):
        y = flatten(layer(_one_or_list(xs), training=training))[0]
        sources = [*xs, *(as_tensor(v) for v in layer.trainable_weights)]
        return [y, *gradients(y, y * y, sources)]

    return Function(step)(*arrays)


def _one_or_list(xs):
    return xs[0] if len(xs) == 1 else list(xs)


def check_layer(cls, kwargs, *input_shapes, differentiable=True):
    """Holds a layer to the contract; input shapes are without the axis of examples.

    Returns the layer, built.
    """
    layer = cls(**kwargs)
    arrays = [random_array(3, *shape, seed=i) for i, shape in enumerate(input_shapes)]
    expected = _check_shapes(layer, input_shapes)
    y = run(layer, *arrays)
    assert y.dtype == np.float32
    assert (None, *y.shape[1:]) == expected
    np.testing.assert_allclose(
        flatten(layer(_one_or_list(arrays), training=False))[0], y, **TOLERANCE
    )
    _check_config(layer, arrays, y)
    _check_batches(layer, arrays, y)
    if differentiable:
        _check_gradients(layer, arrays)
    _check_threads(layer, arrays, differentiable)
    return layer


def _check_shapes(layer, input_shapes):
    """The shapes that are said before there are numbers; they agree. Returns the first."""
    shapes = _one_or_list([(None, *shape) for shape in input_shapes])
    said = layer.compute_output_shape(shapes)
    symbolic = layer(_one_or_list([Input(shape) for shape in input_shapes]))
    assert said == map_structure(lambda tensor: tensor.shape, symbolic)
    first = flatten(symbolic)[0]
    assert first.history.layer is layer
    assert layer.built
    return first.shape


def _check_config(layer, arrays, y):
    config = json.loads(json.dumps(layer.get_config()))
    copy = type(layer).from_config(config)
    assert json.loads(json.dumps(copy.get_config())) == config
    copy.build(_one_or_list([a.shape for a in arrays]))
    copy.set_weights(layer.get_weights())
    np.testing.assert_array_equal(run(copy, *arrays), y)


def _check_batches(layer, arrays, y):
    """Any number of examples, none included, gives each example the same result."""
    for n in (0, 1, 2):
        part = run(layer, *(np.ascontiguousarray(a[:n]) for a in arrays))
        assert part.shape == (n, *y.shape[1:])
        np.testing.assert_allclose(part, y[:n], **TOLERANCE)


def _check_gradients(layer, arrays):
    _, *leaving = run_with_gradients(layer, *arrays)
    sources = [*arrays, *layer.trainable_weights]
    assert len(leaving) == len(sources)
    for gradient, source in zip(leaving, sources, strict=True):
        assert gradient.shape == source.shape
        assert np.isfinite(gradient).all()


def _check_threads(layer, arrays, differentiable):
    """The same bits for 1, 2, 3 and 8 threads."""
    start = [v.numpy() for v in layer.variables]
    before = pyconv.get_num_threads()
    results = []
    try:
        for threads in (1, 2, 3, 8):
            pyconv.set_num_threads(threads)
            for variable, value in zip(layer.variables, start, strict=True):
                variable.assign(value)
            outputs = run_with_gradients(layer, *arrays) if differentiable else []
            results.append([run(layer, *arrays), *outputs])
    finally:
        pyconv.set_num_threads(before)
    for result in results[1:]:
        for a, b in zip(results[0], result, strict=True):
            np.testing.assert_array_equal(a, b)


def check_fit(cls, kwargs, *input_shapes):
    """In `fit`, a layer learns what another of its kind with other weights computes."""
    pyconv.utils.set_random_seed(1)
    arrays = [random_array(96, *shape, seed=i) for i, shape in enumerate(input_shapes)]
    target = run(cls(**kwargs), *arrays)
    inputs = _one_or_list([Input(shape) for shape in input_shapes])
    model = pyconv.Model(inputs, flatten(cls(**kwargs)(inputs))[0])
    model.compile(pyconv.optimizers.Adam(0.02), "mse")
    data = _one_or_list(arrays)
    history = model.fit(data, target, epochs=15, batch_size=16, verbose=0).history["loss"]
    assert history[-1] < 0.5 * history[0]
