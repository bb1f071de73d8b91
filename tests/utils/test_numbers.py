"""The numbers that the two textbooks print, where no other test has them.

Parameters are counted without memory for them (`utils.cost`), layer by layer.
"""

import numpy as np
import pytest

from pyconv import initializers, layers, ops, utils
from pyconv.models import Sequential


def counted(network, shape):
    """The numbers of parameters of the layers that have some."""
    found = []
    for layer in network:
        table = utils.cost(layer, shape)
        shape = table.output_shape
        found.append(table.convolution.stored)
        assert not layer.weights
    return [count for count in found if count]


def dense_head(units):
    return [layers.Flatten(), *(layers.Dense(n, activation="relu") for n in units)]


def alexnet(groups):
    """AlexNet (Krizhevsky et al. 2012) as one tower, or with two groups in layers 2, 4 and 5."""
    same = {"padding": "same", "activation": "relu"}
    return [
        layers.ZeroPadding2D(2),
        layers.Conv2D(96, 11, strides=4, activation="relu"),
        layers.MaxPooling2D(3, strides=2),
        layers.Conv2D(256, 5, groups=groups, **same),
        layers.MaxPooling2D(3, strides=2),
        layers.Conv2D(384, 3, **same),
        layers.Conv2D(384, 3, groups=groups, **same),
        layers.Conv2D(256, 3, groups=groups, **same),
        layers.MaxPooling2D(3, strides=2),
        *dense_head([4096, 4096, 1000]),
    ]


def vgg19():
    network = []
    for filters, count in ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4)):
        network += [layers.Conv2D(filters, 3, padding="same") for _ in range(count)]
        network.append(layers.MaxPooling2D(2))
    return [*network, *dense_head([4096, 4096, 1000])]


def test_alexnet_in_one_tower():
    found = counted(alexnet(1), (224, 224, 3))
    assert found == [
        34_944, 614_656, 885_120, 1_327_488, 884_992, 37_752_832, 16_781_312, 4_097_000,
    ]  # fmt: skip
    assert sum(found) == 62_378_344
    whole = Sequential(alexnet(1))
    assert utils.cost(whole, (224, 224, 3)).convolution.stored == 62_378_344
    assert not whole.built and not whole.weights


def test_alexnet_in_two_groups():
    assert sum(counted(alexnet(2), (224, 224, 3))) == 60_965_224


def test_vgg19():
    assert sum(counted(vgg19(), (224, 224, 3))) == 143_667_240


@pytest.mark.parametrize(
    ("layer", "shape", "count"),
    [
        (layers.Conv1D(4, 3), (20, 3), 36 + 4),
        (layers.Conv1D(10, 5), (20, 4), 200 + 10),
        (layers.Conv2D(10, 5), (20, 20, 3), 750 + 10),
    ],
    ids=["3 to 4", "4 to 10", "images"],
)
def test_parameters_of_one_layer(layer, shape, count):
    assert counted([layer], shape) == [count]
    layer.build((None, *shape))
    assert layer.count_params() == count


def test_mnist1d():
    convolutional = [layers.Conv1D(15, 3, strides=2) for _ in range(3)]
    network = [*convolutional, layers.Flatten(), layers.Dense(10)]
    table = utils.cost(Sequential(network), (40, 1))
    assert table.convolution.stored == 2_050
    assert table.dense.stored == 59_065
    dense = [layers.Dense(units) for units in (285, 135, 60, 10)]
    assert sum(counted(dense, (40,))) == 59_065


def test_he_variance_of_a_3x3_layer():
    for channels in (8, 32):
        described = initializers.HeNormal().describe((3, 3, channels, 512))
        assert described["variance"] == pytest.approx(2 / (9 * channels))
        sample = initializers.HeNormal(seed=1)((3, 3, channels, 512))
        assert np.var(sample) == pytest.approx(2 / (9 * channels), rel=0.03)


def test_delta_orthogonal_is_an_orthogonal_matrix_at_the_centre():
    kernel = np.array(initializers.DeltaOrthogonal(seed=1)((3, 3, 4, 6)), "float64")
    centre = kernel[1, 1].copy()
    np.testing.assert_allclose(centre @ centre.T, np.eye(4), atol=1e-6)
    kernel[1, 1] = 0
    assert not kernel.any()
    with pytest.raises(ValueError):
        initializers.DeltaOrthogonal(seed=1)((3, 3, 6, 4))


def test_sizes_of_the_three_kinds_of_padding():
    """valid m - k + 1, same m, full m + k - 1; kernel 6: 16, 11, 6, 1 (figure 9.13)."""
    for m, k in ((10, 3), (7, 4), (5, 5)):
        for padding, size in (("valid", m - k + 1), ("same", m), ("full", m + k - 1)):
            assert ops.conv_output_size(m, k, padding=padding) == size
    sizes = [16]
    while sizes[-1] > 1:
        sizes.append(ops.conv_output_size(sizes[-1], 6))
    assert sizes == ops.conv_depth(16, 6) == [16, 11, 6, 1]


def test_max_pooling_of_neighbouring_detectors():
    """Figure 9.8: most of the pooled values stay when the input moves by one pixel."""

    def pooled(x):
        return ops.max_pool(np.reshape(x, (1, -1, 1)), 3, 1, "same").ravel()

    np.testing.assert_array_equal(pooled([0.1, 1, 0.2, 0.1]), np.float32([1, 1, 1, 0.2]))
    np.testing.assert_array_equal(pooled([0.3, 0.1, 1, 0.2]), np.float32([0.3, 1, 1, 1]))
