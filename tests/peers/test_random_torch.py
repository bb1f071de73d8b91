"""Random cases against PyTorch in float64: values and all gradients.

A case is drawn from its family and its number alone: `pytest -k "test_case[conv-7]"`.
"""

import numpy as np
import pytest

from tests.peers import (
    torch_convolutions,
    torch_elements,
    torch_images,
    torch_normalizations,
    torch_pooling,
    torch_spectra,
)
from tests.peers.differential import check, run_torch
from tests.peers.torch_layout import torch

pytestmark = pytest.mark.peer

FAMILIES = {
    **torch_convolutions.FAMILIES,
    **torch_pooling.FAMILIES,
    **torch_images.FAMILIES,
    **torch_elements.FAMILIES,
    **torch_normalizations.FAMILIES,
    **torch_spectra.FAMILIES,
}
CASES, SWEEP = 16, 150  # of each family


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Small cases: PyTorch's threads would only wait for one another."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def check_case(family: str, number: int) -> None:
    rng = np.random.default_rng([number, *family.encode()])
    check(FAMILIES[family](rng), run_torch, rng)


@pytest.mark.parametrize("number", range(CASES))
@pytest.mark.parametrize("family", FAMILIES)
def test_case(family, number):
    check_case(family, number)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(CASES, SWEEP))
@pytest.mark.parametrize("family", FAMILIES)
def test_sweep(family, number):
    check_case(family, number)
