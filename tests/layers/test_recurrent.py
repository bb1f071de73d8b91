"""Recurrent layers: configs, cells of users, stacked cells, learning, films of channels first."""

import numpy as np
import pytest

import pyconv
from pyconv import layers, ops
from tests.layers.contract import random_array


def test_a_cell_of_a_user():
    class Sum(layers.Layer):
        state_size = 4

        def call(self, inputs, states):
            total = states[0] + inputs
            return total, [total]

    x = random_array(2, 5, 4)
    y = layers.RNN(Sum(), return_sequences=True)(x)
    np.testing.assert_allclose(y, x.cumsum(1), rtol=1e-5, atol=1e-6)


def test_sizes_of_states_are_listed():
    assert layers.LSTM(3).state_size == [3, 3]
    assert layers.SimpleRNN(3).state_size == [3]


def test_stacked_cells_are_layers_one_after_another():
    cells = [layers.LSTMCell(3), layers.GRUCell(2)]
    stacked = layers.RNN(cells, return_sequences=True)
    x = random_array(2, 5, 4)
    y = stacked(x)
    inner = layers.RNN(cells[0], return_sequences=True)(x)
    np.testing.assert_allclose(y, layers.RNN(cells[1], return_sequences=True)(inner), rtol=1e-5)
    assert stacked.compute_output_shape((None, 5, 4)) == (None, 5, 2)


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.LSTM(3, return_sequences=True, kernel_regularizer="l2", seed=1),
        lambda: layers.GRU(3, reset_after=False),
        lambda: layers.SimpleRNN(3, go_backwards=True),
        lambda: layers.ConvLSTM2D(3, 2, padding="same"),
        lambda: layers.Bidirectional(layers.LSTM(3), merge_mode="sum"),
        lambda: layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)]),
    ],
)
def test_layers_come_back_from_their_configs(make):
    layer = make()
    copy = type(layer).from_config(layer.get_config())
    assert copy.get_config() == layer.get_config()


def test_films_of_channels_first():
    x = random_array(2, 3, 6, 5, 2)
    last = layers.ConvLSTM2D(4, 3, return_sequences=True)
    first = layers.ConvLSTM2D(4, 3, return_sequences=True, data_format="channels_first")
    y = last(x)
    moved = np.ascontiguousarray(np.moveaxis(x, -1, 2))
    first.build(moved.shape)
    first.set_weights(last.get_weights())
    np.testing.assert_allclose(np.moveaxis(np.asarray(first(moved)), 2, -1), y, rtol=1e-5)
    assert first.compute_output_shape((None, 3, 2, 6, 5)) == (None, 3, 4, 4, 3)


def test_dropped_inputs_are_the_same_at_each_step():
    x = np.ones((1, 6, 50), "float32")
    layer = layers.SimpleRNN(
        50, activation=None, kernel_initializer="identity", recurrent_initializer="zeros",
        dropout=0.5, return_sequences=True, seed=1,
    )  # fmt: skip
    y = np.asarray(layer(x, training=True))
    assert set(y.ravel().tolist()) == {0.0, 2.0}
    assert (y == y[:, :1]).all()
    np.testing.assert_array_equal(layer(x), x)


def test_a_recurrent_network_learns_to_count():
    pyconv.utils.set_random_seed(3)
    x = (random_array(128, 6, 1) > 0).astype("float32")
    model = pyconv.Sequential(
        [layers.Input((6, 1)), layers.Bidirectional(layers.LSTM(8)), layers.Dense(1)]
    )
    model.compile(pyconv.optimizers.Adam(0.03), "mse")
    history = model.fit(x, x.sum(1), epochs=15, batch_size=32, verbose=0).history["loss"]
    assert history[-1] < 0.1 * history[0]


def test_any_number_of_steps():
    inputs = layers.Input((None, 4))
    model = pyconv.Model(inputs, layers.LSTM(3, return_sequences=True)(inputs))
    assert model.output_shape == (None, None, 3)
    x = random_array(2, 5, 4)
    long, short = (model.predict(part, verbose=0) for part in (x, x[:, :3].copy()))
    np.testing.assert_allclose(long[:, :3], short, rtol=1e-5, atol=1e-7)


def test_messages():
    with pytest.raises(ValueError, match="expected `stateful` False"):
        layers.GRU(3, stateful=True)
    with pytest.raises(ValueError, match="expected a cell with `state_size`"):
        layers.RNN(layers.Dense(3))
    assert ops.shape(layers.LSTM(3)(layers.Input((2, 4))))[-1] == 3
