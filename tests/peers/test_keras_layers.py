"""Every layer that Keras has beside Keras: weights, shapes, values, gradients, configs."""

import numpy as np
import pytest

from pyconv import layers
from tests.peers.keras_cases import CASES
from tests.peers.keras_pair import compare, compare_configs

keras = pytest.importorskip("keras", reason="Keras, the peer, is not installed")
pytestmark = pytest.mark.peer


@pytest.mark.parametrize("seed", range(len(CASES)), ids=lambda i: f"{CASES[i][0]}-{i}")
def test_layer(seed):
    compare(*CASES[seed], keras, seed)


@pytest.mark.parametrize("mode", ["one_hot", "multi_hot", "count"])
def test_category_encoding(mode):
    ours = layers.CategoryEncoding(5, output_mode=mode)
    theirs = keras.layers.CategoryEncoding(5, output_mode=mode)
    for numbers in ([[0, 1, 1], [4, 2, 2]], [[0], [3]], [0, 3, 3], [[[0, 1], [1, 1]]]):
        np.testing.assert_array_equal(ours(numbers), theirs(np.array(numbers)))
    assert ours.compute_output_shape((None, 3)) == theirs.compute_output_shape((None, 3))
    compare_configs(ours, theirs)
