"""Keras' settings, dtypes, scopes and nested structures."""

import itertools

import numpy as np
import pytest

import pyconv
from pyconv import backend, config, layers, mixed_precision, tree
from pyconv.utils import dtypes


@pytest.fixture
def channels_first():
    config.set_image_data_format("channels_first")
    yield
    config.set_image_data_format("channels_last")


def test_the_layout_reaches_layers_that_are_made_after_it(channels_first):
    assert layers.Conv2D(2, 3).data_format == "channels_first"
    x = pyconv.Input((3, 8, 9))
    assert layers.MaxPooling2D()(layers.Conv2D(2, 3)(x)).shape == (None, 2, 3, 3)
    assert layers.Flatten()(x).shape == (None, 216)
    assert pyconv.applications.vgg16.preprocess_input(np.zeros((3, 4, 5))).shape == (3, 4, 5)
    assert layers.Conv2D(2, 3, data_format="channels_last").data_format == "channels_last"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: config.set_image_data_format("NHWC"), "data_format"),
        (lambda: config.set_floatx("float16"), "float32 only"),
        (lambda: config.set_floatx("double"), "floatx"),
        (lambda: config.set_epsilon(0), "positive"),
        (lambda: config.set_backend("jax"), "backend"),
        (lambda: config.set_max_epochs("3"), "positive integer"),
        (lambda: config.set_dtype_policy(3), "DTypePolicy"),
        (lambda: mixed_precision.set_global_policy("mixed_float16"), "float32"),
        (lambda: mixed_precision.Policy("mixed_bfloat16"), "float32"),
        (lambda: pyconv.KerasTensor((2,), sparse=True), "dense"),
        (lambda: pyconv.device("gpu:0").__enter__(), "cpu"),
        (lambda: pyconv.dtype_policies.get({"class_name": "QuantizedDTypePolicy"}), "policy"),
    ],
)
def test_what_is_not_supported_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_no_switch_makes_files_run_code():
    with pytest.raises(RuntimeError, match="custom_objects"):
        config.enable_unsafe_deserialization()


def test_settings_keep_what_they_were_given():
    config.set_epsilon(1e-3)
    assert backend.epsilon() == config.epsilon() == 1e-3
    config.set_epsilon(1e-7)
    config.set_max_epochs(2)
    config.set_max_steps_per_epoch(5)
    assert (config.max_epochs(), config.max_steps_per_epoch()) == (2, 5)
    config.set_max_epochs(None)
    config.set_max_steps_per_epoch(None)
    config.disable_traceback_filtering()
    assert not config.is_traceback_filtering_enabled()
    config.enable_traceback_filtering()
    assert config.is_traceback_filtering_enabled()


def test_what_is_not_printed_is_logged(capsys, caplog):
    model = pyconv.Sequential([pyconv.Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    config.disable_interactive_logging()
    try:
        with caplog.at_level("INFO", logger="pyconv"):
            model.fit(np.ones((2, 2)), np.ones((2, 1)), verbose=2)
            model.summary()
    finally:
        config.enable_interactive_logging()
    assert capsys.readouterr().out == ""
    assert "loss" in caplog.messages[0] and "Total params" in caplog.messages[1]


def test_float32_is_accepted_everywhere():
    config.set_floatx("float32")
    mixed_precision.set_global_policy(mixed_precision.Policy("float32"))
    assert mixed_precision.global_policy() == pyconv.DTypePolicy() == config.dtype_policy()
    assert layers.Dense(2, dtype=pyconv.DTypePolicy("float32")).dtype == "float32"


def test_names_start_again_after_clear_session():
    backend.clear_session()
    assert [layers.Conv2D(1, 1).name for _ in range(2)] == ["conv2d", "conv2d_1"]
    pyconv.utils.clear_session()
    assert layers.Conv2D(1, 1).name == "conv2d"


def test_symbolic_tensors_are_keras_tensors():
    x = pyconv.Input((3,))
    assert isinstance(x, pyconv.KerasTensor) and backend.is_keras_tensor(x)
    assert not pyconv.utils.is_keras_tensor(np.ones(3))
    y = layers.Dense(2)(layers.Concatenate()([x, pyconv.Input((2,))]))
    assert [t.shape for t in pyconv.utils.get_source_inputs(y)] == [(None, 3), (None, 2)]


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras", reason="Keras, the peer, is not installed")


@pytest.mark.peer
def test_dtypes_are_keras_own(keras):
    names = [*dtypes.FLOATS, *dtypes.INTEGERS, "bool", int, float]
    for a, b in itertools.product(names, names):
        assert backend.result_type(a, b) == keras.backend.result_type(a, b), (a, b)
    for dtype in (None, int, float, bool, np.float16, np.dtype("uint8"), "bfloat16", "string"):
        expected = keras.backend.standardize_dtype(dtype)
        assert pyconv.utils.standardize_dtype(dtype) == expected
    for name in (*dtypes.FLOATS, *dtypes.INTEGERS, "bool"):
        assert backend.is_float_dtype(name) == keras.backend.is_float_dtype(name)
        assert backend.is_int_dtype(name) == keras.backend.is_int_dtype(name)


STRUCTURE = {"b": 1, "a": [2, (3, None)]}


@pytest.mark.peer
@pytest.mark.parametrize(
    "call",
    [
        lambda t: t.flatten(STRUCTURE),
        lambda t: t.flatten(None),
        lambda t: t.flatten([]),
        lambda t: t.flatten_with_path(STRUCTURE),
        lambda t: t.map_structure(lambda a, b: (a, b), STRUCTURE, {"a": [1, (2, 3)], "b": 4}),
        lambda t: t.map_structure(lambda x: 7, STRUCTURE, none_is_leaf=False),
        lambda t: t.map_structure_up_to([1, 2], lambda a, b: (a, b), [1, 2], [3, [4, 5]]),
        lambda t: t.pack_sequence_as(STRUCTURE, [10, 20, 30, 40]),
        lambda t: t.pack_sequence_as(STRUCTURE, [10]),
        lambda t: [t.is_nested(x) for x in ([1], {}, (), "ab", np.ones(2), None)],
        lambda t: t.lists_to_tuples([1, [2, {"a": [3]}, (4, [5])]]),
        lambda t: t.map_shape_structure(lambda s: len(s), {"a": (None, 2), "b": [(1, 2), (3,)]}),
        lambda t: t.traverse(lambda x: x + 1 if isinstance(x, int) else None, [1, [2, {"a": 3}]]),
        lambda t: t.traverse(lambda x: "L" if x == [2] else None, [1, [2]], top_down=False),
        lambda t: t.traverse(lambda x: t.MAP_TO_NONE if x == 2 else None, [1, [2]]),
        lambda t: t.assert_same_structure([1, 2], [1, [2]]),
        lambda t: t.assert_same_structure([1, 2], (1, 2)),
        lambda t: t.assert_same_structure({"a": 1}, {"a": 2}),
        lambda t: t.assert_same_paths([1, (2,)], (1, [2])),
        lambda t: t.assert_same_paths({"a": 1}, {"b": 2}),
    ],
)
def test_nested_structures_are_keras_own(keras, call):
    assert outcome(call, tree) == outcome(call, keras.tree)


def outcome(call, package):
    try:
        return call(package)
    except ValueError:
        return ValueError
