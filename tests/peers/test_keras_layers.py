"""Every layer that Keras has beside Keras: weights, shapes, values, gradients, configs."""

import pytest

from tests.peers.keras_cases import CASES
from tests.peers.keras_pair import compare

keras = pytest.importorskip("keras", reason="Keras, the peer, is not installed")
pytestmark = pytest.mark.peer


@pytest.mark.parametrize("seed", range(len(CASES)), ids=lambda i: f"{CASES[i][0]}-{i}")
def test_layer(seed):
    compare(*CASES[seed], keras, seed)
