"""Random layers against Keras in float64, with TensorFlow: values and all gradients."""

import numpy as np
import pytest

from tests.peers.differential import check
from tests.peers.keras_layers import FAMILIES, run_keras

pytestmark = [pytest.mark.peer, pytest.mark.slow]
CASES = 30  # of each family


@pytest.mark.parametrize("number", range(CASES))
@pytest.mark.parametrize("family", FAMILIES)
def test_case(family, number):
    pytest.importorskip("keras", reason="Keras, the peer, is not installed")
    pytest.importorskip("tensorflow", reason="Keras' backend is not installed")
    rng = np.random.default_rng([number, *family.encode()])
    check(FAMILIES[family](rng), run_keras, rng)
