"""Seeds and class vectors: pyconv.utils."""

import random
import subprocess
import sys

import numpy as np
import pytest

from pyconv.utils import set_random_seed, to_categorical
from pyconv.utils.seed import next_seed


def draws():
    return [next_seed(), next_seed(), random.random(), np.random.rand()]


def test_same_seed_repeats_all_generators():
    set_random_seed(7)
    first = draws()
    set_random_seed(7)
    assert draws() == first
    set_random_seed(8)
    assert all(a != b for a, b in zip(draws(), first, strict=True))


def test_next_seed_is_fresh_and_32_bits():
    seeds = [next_seed() for _ in range(1000)]
    assert len(set(seeds)) > 990
    assert all(isinstance(seed, int) and 0 <= seed < 2**32 for seed in seeds)


def test_next_seed_leaves_numpy_alone():
    np.random.seed(0)
    expected = np.random.rand()
    np.random.seed(0)
    next_seed()
    assert np.random.rand() == expected


@pytest.mark.parametrize("seed", [0, 2**32 - 1, np.int64(3)])
def test_valid_seeds(seed):
    set_random_seed(seed)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_seed_out_of_range(seed):
    with pytest.raises(ValueError, match="expected `seed` in"):
        set_random_seed(seed)


@pytest.mark.parametrize("seed", [1.5, "1", None])
def test_seed_is_no_integer(seed):
    with pytest.raises(TypeError, match="expected `seed` to be an integer"):
        set_random_seed(seed)


@pytest.mark.parametrize("shape", [(), (4,), (4, 1), (2, 3), (2, 3, 1), (0,)])
def test_to_categorical(shape):
    labels = np.random.default_rng(0).integers(0, 5, shape)
    y = to_categorical(labels, 5)
    squeezed = labels[..., 0] if labels.ndim > 1 and shape[-1] == 1 else labels
    assert y.dtype == "float64"
    np.testing.assert_array_equal(y, squeezed[..., None] == np.arange(5))


def test_to_categorical_counts_the_classes():
    assert to_categorical([0, 3]).shape == (2, 4)


def test_to_categorical_counts_negative_labels_from_the_end():
    assert to_categorical([-1, 0], 3).tolist() == [[0, 0, 1], [1, 0, 0]]


@pytest.mark.parametrize("labels", [[-4, 0], [0, 3]])
def test_to_categorical_refuses_unknown_classes(labels):
    with pytest.raises(ValueError, match="expected classes below 3"):
        to_categorical(labels, 3)
    with pytest.raises(ValueError, match="pass `num_classes`"):
        to_categorical([])


def test_what_a_seed_gives_does_not_depend_on_what_was_drawn_before():
    """Also in a process that has not drawn without a seed yet."""
    script = (
        "import sys, pyconv; from pyconv import initializers, random\n"
        "if sys.argv[1:]: random.uniform((2,))\n"
        "pyconv.utils.set_random_seed(3)\n"
        "print(initializers.GlorotUniform()((2, 2)).tolist(), random.uniform((2,)).tolist())"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", script, *more], check=True, capture_output=True
        ).stdout
        for more in ([], ["first"])
    ]
    assert outputs[0] == outputs[1]
