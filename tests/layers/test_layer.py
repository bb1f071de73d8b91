"""The base of layers: weights, names, training, losses, configs, errors."""

import json

import numpy as np
import pytest

from pyconv import (
    GradientTape,
    Variable,
    activations,
    dtype_policies,
    initializers,
    layers,
    ops,
    regularizers,
)
from pyconv.graph import Tensor
from pyconv.layers import Dense, Input, Layer
from pyconv.plan import Function
from pyconv.utils.naming import clear_session
from tests.layers.contract import random_array, run, run_with_gradients


class Block(Layer):
    """A layer of layers, in an attribute, a list and a dict."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.first = Dense(units, name="first")
        self.rest = [Dense(units, name="second"), {"norm": layers.BatchNormalization(name="norm")}]

    def build(self, input_shape):
        self.scale = self.add_weight((input_shape[-1],), "ones", name="scale")
        self.count = self.add_weight((), "zeros", dtype="int32", trainable=False, name="count")

    def call(self, inputs, training=False):
        x = self.rest[0](self.first(inputs * self.scale))
        return self.rest[1]["norm"](x)


class Recorder(Layer):
    """Notes the `training` that its call received."""

    def call(self, inputs, training=None):
        self.seen = training
        return inputs


class Outer(Layer):
    def __init__(self, inner, **kwargs):
        super().__init__(**kwargs)
        self.inner = inner

    def call(self, inputs):
        return self.inner(inputs)


@pytest.fixture
def block():
    block = Block(4, name="block")
    block(random_array(2, 3))
    return block


def test_weights_are_found_in_attributes_lists_and_dicts(block):
    norm = ["gamma", "beta", "moving_mean", "moving_variance"]
    names = ["scale", "count", "kernel", "bias", "kernel", "bias", *norm]
    assert [v.name for v in block.weights] == names
    assert [v.name for v in block.trainable_weights] == [*names[:1], *names[2:8]]
    assert [v.name for v in block.non_trainable_weights] == ["count", *norm[2:]]
    assert block.weights[2].path == "block/first/kernel"
    assert block.count_params() == 3 + 1 + 16 + 20 + 16


def test_a_shared_layer_counts_once():
    shared = Dense(2)
    outer = Outer(Outer(shared))
    outer.again = shared
    outer(random_array(1, 2))
    assert len(outer.weights) == 2


def test_plain_variables_and_seeds_are_variables():
    layer = Recorder()
    layer.extra = Variable([1.0], name="extra")
    layer.dropout = layers.Dropout(0.5)
    assert [v.name for v in layer.weights] == ["extra"]
    assert [v.name for v in layer.variables] == ["extra", "seed_generator_state"]
    assert layer.trainable_variables == [layer.extra]
    assert len(layer.non_trainable_variables) == 1


def test_trainable_reaches_the_layers_within(block):
    block.trainable = False
    assert block.trainable_weights == []
    assert not block.first.trainable
    block.trainable = True
    block.first.trainable = False
    assert len(block.trainable_weights) == 5
    assert len(block.non_trainable_weights) == 5


@pytest.mark.parametrize("at_once", [True, False])
def test_weights_know_that_their_layer_is_frozen(at_once):
    layer = layers.BatchNormalization(trainable=not at_once)
    layer.trainable = False
    layer.build((None, 3))
    assert not any(v.trainable for v in layer.weights)
    x = random_array(2, 3)
    with GradientTape() as tape:
        target = ops.sum(layer(x))
    assert tape.gradient(target, layer.beta) is not None  # as tf.Variables, made trainable
    layer.trainable = True
    assert [v.trainable for v in layer.weights] == [True, True, False, False]


def test_get_and_set_weights(block):
    values = [np.full(v.shape, i) for i, v in enumerate(block.weights)]
    block.set_weights(values)
    for value, kept in zip(values, block.get_weights(), strict=True):
        np.testing.assert_array_equal(value, kept)
    with pytest.raises(ValueError, match="block: expected 10 arrays, received 9"):
        block.set_weights(values[1:])
    with pytest.raises(ValueError, match=r"expected a value of shape \(3,\), received \(4,\)"):
        block.set_weights([np.ones(4), *values[1:]])


def test_names_are_counted_and_can_be_given():
    clear_session()
    assert [Dense(1).name for _ in range(3)] == ["dense", "dense_1", "dense_2"]
    assert layers.Conv2D(1, 1).name == "conv2d"
    assert Dense(1, name="mine").name == "mine"
    with pytest.raises(ValueError, match="without '/'"):
        Dense(1, name="a/b")


@pytest.mark.parametrize("explicit", [None, True, False])
@pytest.mark.parametrize("outer", [None, True, False])
def test_training_is_the_argument_else_the_callers(outer, explicit):
    recorder = Recorder()

    class Caller(Layer):
        def call(self, inputs):
            return recorder(inputs, training=explicit)

    Caller()(random_array(1, 1), training=outer)
    assert recorder.seen is (outer if explicit is None else explicit)


def test_training_by_default_and_by_position():
    class Trains(Recorder):
        def call(self, inputs, training=True):
            return super().call(inputs, training)

    layer = Trains()
    layer(random_array(1, 1))
    assert layer.seen is True
    layer(random_array(1, 1), False)
    assert layer.seen is False


def test_losses_are_those_of_the_last_call_and_of_the_weights():
    layer = Dense(2, kernel_initializer="ones", kernel_regularizer="l2", activity_regularizer="l1")
    for _ in range(2):
        layer(np.ones((1, 3)))
        np.testing.assert_allclose(layer.losses, [0.01 * 6, 0.01 * 6], rtol=1e-6)
    layer.trainable = False
    assert len(layer.losses) == 1


def test_activity_penalties_are_per_example():
    # keras 3.15.1: Dense(4, activity_regularizer="l2", kernel_initializer="ones") on these rows
    rows = np.linspace(-1, 1, 36).reshape(12, 3).astype("float32")
    layer = Dense(4, activity_regularizer="l2", kernel_initializer="ones")
    expected = 0.01 * 4 * np.sum(rows.sum(axis=1, dtype="float64") ** 2) / 12
    layer(rows)
    np.testing.assert_allclose(layer.losses, [expected], rtol=1e-6)
    step = Function(lambda x: [layer(x), *layer.losses])
    for n in (12, 1):
        expected = 0.01 * 4 * np.sum(rows[:n].sum(axis=1, dtype="float64") ** 2) / n
        np.testing.assert_allclose(step(rows[:n])[1], expected, rtol=1e-6)


def test_activity_penalty_of_a_scalar_is_whole():
    class Total(Layer):
        def call(self, inputs):
            return ops.sum(inputs)

    layer = Total(activity_regularizer="l1")
    layer(np.ones((4, 3)))
    np.testing.assert_allclose(layer.losses, [0.12], rtol=1e-6)


def test_losses_join_a_step():
    outer = Outer(Dense(2, kernel_initializer="ones", kernel_regularizer=regularizers.L2(0.5)))

    def step(x):
        outer(x, training=True)
        return outer.losses

    assert Function(step)(np.ones((4, 3), "float32"))[0] == 3


def test_add_loss():
    class Penalized(Layer):
        def call(self, inputs):
            self.add_loss(ops.sum(inputs))
            return inputs

    outer = Outer(Penalized())
    outer(np.ones(3))
    outer(np.ones(4))
    assert outer.losses == [4]


def test_a_constraint_is_kept_on_the_variable():
    layer = Dense(2, kernel_constraint=np.abs)
    layer.build((None, 3))
    assert layer.kernel.constraint is np.abs
    assert layer.bias.constraint is None


def test_config_of_a_user_layer_comes_from_its_signature(block):
    assert block.get_config() == {
        "units": 4, "name": "block", "trainable": True,
        "dtype": dtype_policies.serialize(dtype_policies.DTypePolicy()),
    }  # fmt: skip
    copy = Block.from_config(block.get_config())
    assert copy.first.units == 4
    assert copy.first is not block.first


def test_config_of_a_layer_without_base_arguments():
    class Plain(Layer):
        def __init__(self, factor=2):
            super().__init__()
            self.twice = 2 * factor

    assert Plain(3).get_config() == {"factor": 3}
    assert Plain.from_config(Plain().get_config()).twice == 4


def test_config_is_plain_data():
    layer = layers.Conv2D(
        4,
        3,
        activation=activations.relu,
        kernel_initializer=initializers.HeNormal(seed=1),
        kernel_regularizer=regularizers.L1(0.5),
    )
    config = layer.get_config()
    assert config["activation"] == "relu"
    assert config["kernel_initializer"]["class_name"] == "HeNormal"
    assert config["kernel_regularizer"]["config"] == {"l1": 0.5}
    copy = layers.deserialize(layers.serialize(layer))
    assert copy.kernel_regularizer.l1 == 0.5
    x = random_array(1, 4, 4, 2)
    np.testing.assert_array_equal(copy(x), layer(x))


def test_layers_as_activations_in_configs():
    layer = layers.Conv1D(2, 3, activation=layers.LeakyReLU(negative_slope=0.5))
    config = layer.get_config()
    assert config["activation"]["config"]["negative_slope"] == 0.5
    json.dumps(config)
    copy = layers.Conv1D.from_config(config)
    assert copy.activation.negative_slope == 0.5
    assert Dense(1, activation=ops.relu).get_config()["activation"] == "relu"


def test_config_has_the_current_name_and_trainable():
    layer = Dense(1, name="d")
    layer.trainable = False
    assert layer.get_config()["trainable"] is False
    assert not Dense.from_config(layer.get_config()).trainable


def test_keras_dtype_policy_is_read():
    policy = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}}
    assert Dense(1, dtype=policy).dtype == "float32"
    with pytest.raises(ValueError, match="expected the policy 'float32', received 'float16'"):
        Dense(1, dtype="float16")


def test_symbolic_calls_are_remembered():
    x = Input((4,), name="x")
    drop = layers.Dropout(0.5)
    layer = Dense(3)
    y = drop(x, training=True)
    z = layer(y)
    assert isinstance(z, Tensor)
    assert z.history.layer is layer
    assert z.history.inputs == [y]
    assert y.history.kwargs == {"training": True}
    assert layer.input is y
    assert layer.output is z
    assert x.history.layer.output is x
    assert drop(x) is not x
    assert x.history.inputs == []


def test_layers_within_a_layer_are_not_remembered_on_their_own():
    outer = Outer(Dense(2))
    y = outer(Input((3,)))
    assert y.history.layer is outer
    with pytest.raises(AttributeError, match="expected a call on symbolic tensors"):
        _ = outer.inner.output


def test_describing_leaves_the_variables_alone():
    norm = layers.BatchNormalization()
    norm(Input((3,)), training=True)
    np.testing.assert_array_equal(norm.moving_mean.numpy(), np.zeros(3))


def test_inputs_of_other_dtypes_and_structures():
    y = layers.Flatten()(np.arange(4).reshape(1, 4))
    assert y.dtype == np.float32
    with pytest.raises(ValueError, match="expected tensors or arrays, received 1.0 of type float"):
        Dense(1)([1.0, 2.0])
    with pytest.raises(ValueError, match="expected tensors or arrays, received None"):
        Dense(1)(None)


def test_gradients_flow_through_nested_layers(block):
    x = random_array(5, 3)
    y, dx, *rest = run_with_gradients(block, x)
    assert dx.shape == x.shape
    assert [g.shape for g in rest] == [v.shape for v in block.trainable_weights]
    assert np.abs(run(block, x) - y).max() > 0  # trained statistics differ from the moving ones


def test_custom_output_shapes():
    class Two(Layer):
        def call(self, inputs):
            return inputs, {"sum": ops.sum(inputs, axis=-1)}

    assert Two().compute_output_shape((None, 3)) == ((None, 3), {"sum": (None,)})
    first, second = Two()(Input((3,)))
    assert (first.shape, second["sum"].shape) == ((None, 3), (None,))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Dense(0), "`units` to be a positive integer, received 0"),
        (lambda: Dense(2.5), "`units` to be a positive integer, received 2.5"),
        (lambda: Dense(2, foo=1), "Dense: .* received also foo"),
        (lambda: Dense(2, activation="rellu"), "name of an activation, one of .*'rellu'"),
        (lambda: Dense(2, kernel_initializer="he"), "name of initializers, one of .*'he'"),
        (lambda: layers.Conv2D(4, (3, 3, 3)), r"kernel_size: .*2 of them, received \(3, 3, 3\)"),
        (lambda: layers.Conv2D(4, 0), "kernel_size: expected an integer of at least 1"),
        (lambda: layers.Conv2D(4, 3, padding="half"), "padding: expected 'valid', 'same', 'full'"),
        (lambda: layers.Conv2D(4, 3, padding=[1, 2, 3]), r"padding: .* received \[1, 2, 3\]"),
        (lambda: layers.Conv2D(4, 3, data_format="NHWC"), "`data_format` to be one of"),
        (lambda: layers.Conv2D(5, 3, groups=2), "received 5 filters and 2 groups"),
        (lambda: layers.Conv2DTranspose(4, 3, output_padding=1), "`output_padding` below"),
        (lambda: layers.MaxPooling2D(strides=0), "strides: expected an integer of at least 1"),
        (lambda: layers.ZeroPadding2D((1, 2, 3)), r"`padding` .* received \(1, 2, 3\)"),
        (lambda: layers.Permute((0, 1)), "`dims` to hold each of 1 to 2 once"),
        (lambda: layers.ReLU(threshold=-1), "`threshold` to be a number of at least 0"),
        (lambda: layers.Dropout(1.5), r"`rate` in \[0, 1\], received 1.5"),
        (lambda: layers.BatchNormalization(momentum=2), r"`momentum` to be a number from 0 to 1"),
        (lambda: Input(28), r"expected a shape as a tuple, received 28; .*\(28,\)"),
        (lambda: Input(), "expected `shape`"),
        (lambda: Input((3, "a")), "integers or None"),
        (lambda: Input((3,), dtype="complex64"), "expected a dtype of"),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("make", "shape", "message"),
    [
        (lambda: layers.Conv2D(4, 3, name="c"), (8, 8), "layer c: expected an input of rank 4"),
        (lambda: layers.Conv2D(4, 9, name="c"), (8, 8, 1), "layer c: .* as large as the kernel"),
        (lambda: layers.Conv2D(4, 3, groups=2, name="c"), (8, 8, 3), "layer c: .* 3 channels"),
        (lambda: layers.Conv1D(4, 3, name="c"), (8, None), "layer c: .* known number of channels"),
        (lambda: Dense(4, name="d"), (None,), "layer d: expected a known size of the last axis"),
        (lambda: Dense(4, name="d"), (), "layer d: expected an input of rank 2 or more"),
        (lambda: layers.Reshape((5, -1), name="r"), (8,), "layer r: reshape: cannot give"),
        (lambda: layers.Reshape((5,), name="r"), (8,), "layer r: reshape: .*"),
        (lambda: layers.MaxPooling1D(9, name="p"), (8, 1), "layer p: max_pool: .*as large as"),
        (lambda: layers.Add(name="a"), (8,), r"layer a: expected a list of tensors"),
        (lambda: layers.Dropout(0.5, (3,), name="d"), (8,), "layer d: expected a noise_shape"),
    ],
)
def test_bad_inputs(make, shape, message):
    with pytest.raises(ValueError, match=message):
        make()(Input(shape), training=True)


def test_inputs_must_keep_their_channels():
    layer = Dense(2, name="d")
    layer(random_array(1, 3))
    with pytest.raises(ValueError, match=r"layer d: expected size 3 on axis -1 .*\(1, 4\)"):
        layer(random_array(1, 4))
    with pytest.raises(ValueError, match="differ on axis 2 only"):
        layers.concatenate([np.ones((2, 3, 1)), np.ones((2, 4, 1))])
    with pytest.raises(ValueError, match="2 tensors, received 3"):
        layers.subtract([np.ones(2)] * 3)


def test_a_layer_must_define_call():
    with pytest.raises(NotImplementedError, match="Layer to define call"):
        Layer(name="empty")(np.ones(2))


def test_free_spatial_sizes():
    conv = layers.Conv2D(4, 3, strides=2, padding="same")
    x = Input((None, None, 3))
    assert conv(x).shape == (None, None, None, 4)
    assert layers.GlobalAveragePooling2D()(conv(x)).shape == (None, 4)
    assert layers.Flatten()(x).shape == (None, None)
    for size in (5, 8):
        y = run(conv, random_array(1, size, size, 3))
        assert y.shape == (1, -(-size // 2), -(-size // 2), 4)


@pytest.mark.parametrize("name, arguments, shape", [
    ("Dense", (2,), (3, 4)),
    ("Conv2D", (2, 3), (1, 4, 4, 2)),
    ("Conv1DTranspose", (2, 3), (1, 4, 2)),
    ("SeparableConv2D", (2, 3), (1, 4, 4, 2)),
    ("BatchNormalization", (), (3, 4)),
    ("UpSampling2D", (2,), (1, 2, 2, 1)),
])  # fmt: skip
def test_integers_are_numbers(name, arguments, shape):
    layer = getattr(layers, name)(*arguments)
    x = np.arange(np.prod(shape)).reshape(shape)
    assert layer(Input(shape[1:], dtype="int32")).shape == (None, *layer(x).shape[1:])
    np.testing.assert_array_equal(layer(x), layer(np.float32(x)))


def test_resized_integers_are_rounded_and_stay_in_range():
    images = np.random.default_rng(0).integers(0, 256, (1, 6, 6, 1)).astype("uint8")
    layer = layers.Resizing(9, 4, "lanczos5")
    exact = layer(np.float32(images))
    assert exact.min() < 0 or exact.max() > 255
    resized = layer(images)
    assert resized.dtype == "uint8"
    np.testing.assert_array_equal(resized, np.clip(np.rint(exact), 0, 255))
