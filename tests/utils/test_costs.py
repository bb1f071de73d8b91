"""Costs of layers against the textbook's table, matrices and literal counts."""

import numpy as np
import pytest

from pyconv import layers, utils
from pyconv.models import Input, Model, Sequential


def test_edge_detection_of_the_textbook():
    """Figure 9.6: an image of 280 x 320 and the kernel [-1, 1]."""
    edges = layers.Conv2D(1, (1, 2), use_bias=False)
    found = utils.cost(edges, (280, 320, 1))
    assert found.output_shape == (280, 319, 1)
    forms = (found.convolution, found.dense, found.sparse)
    assert [form.stored for form in forms] == [2, 8_003_072_000, 178_640]
    assert [form.operations for form in forms] == [267_960, 16_006_144_000, 267_960]
    assert [form.multiply_adds for form in forms] == [178_640, 8_003_072_000, 178_640]
    assert not edges.built
    assert "16,006,144,000" in str(found)
    image = np.random.default_rng(0).normal(size=(1, 280, 320, 1)).astype("float32")
    edges.build((None, 280, 320, 1))
    edges.set_weights([np.array([-1.0, 1.0]).reshape(1, 2, 1, 1)])
    np.testing.assert_array_equal(edges(image), image[:, :, 1:] - image[:, :, :-1])


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (layers.Conv1D(3, 4, strides=2, padding="same"), (9, 2)),
        (layers.Conv2D(4, 3, dilation_rate=2, groups=2), (7, 6, 4)),
        (layers.Conv2D(2, (3, 1), padding="same", use_bias=False), (4, 5, 3)),
        (layers.DepthwiseConv2D(3, padding="same"), (5, 4, 3)),
        (layers.Conv2DTranspose(2, 3, strides=2), (3, 4, 3)),
        (layers.Conv3D(2, 2), (3, 2, 4, 1)),
        (layers.LocallyConnected2D(2, (3, 2), padding="same", use_bias=False), (4, 5, 3)),
        (layers.TiledConv1D(4, 3, strides=2, tiling=3, groups=2, use_bias=False), (12, 2)),
        (layers.Dense(3), (5,)),
    ],
    ids=lambda x: getattr(x, "name", x),
)
def test_sparse_form_counts_the_matrix(layer, shape):
    """The columns of the matrix are what single inputs of 1 become where all kernels are 1."""
    found = utils.cost(layer, shape)
    layer.build((None, *shape))
    layer.set_weights([np.full_like(w, w.ndim > 1) for w in layer.get_weights()])
    size = int(np.prod(shape))
    matrix = layer(np.eye(size, dtype="float32").reshape(-1, *shape)).reshape(size, -1)
    bias = matrix.shape[1] if layer.use_bias else 0
    assert found.sparse.multiply_adds == np.count_nonzero(matrix)
    assert found.sparse.stored == np.count_nonzero(matrix) + bias
    assert found.dense.stored == matrix.size + bias
    assert found.convolution.stored == layer.count_params()


def test_products_with_padding_are_counted_in_the_convolution_alone():
    found = utils.cost(layers.Conv1D(1, 3, padding="same", use_bias=False), (5, 1))
    assert (found.convolution.multiply_adds, found.sparse.multiply_adds) == (15, 13)
    assert found.convolution.operations == 15 + 10


def test_a_model_is_the_sum_of_its_layers_with_shared_ones_stored_once():
    x = Input((6, 6, 2))
    shared = layers.Conv2D(2, 3, padding="same")
    model = Model(x, layers.Add()([shared(shared(x)), x]))
    one = utils.cost(shared, (6, 6, 2))
    both = utils.cost(model)
    assert both.convolution.stored == one.convolution.stored == model.count_params()
    assert both.convolution.multiply_adds == 2 * one.convolution.multiply_adds
    with pytest.raises(ValueError, match="a layer or a model"):
        utils.cost(3, (2, 2, 1))
    with pytest.raises(ValueError, match="expected `input_shape`"):
        utils.cost(layers.Dense(3))
    with pytest.raises(ValueError, match="pass `input_shape`"):
        utils.cost(layers.Dense(3), 4)
    with pytest.raises(ValueError, match="pass `input_shape`"):
        utils.cost(Sequential([Input((None, 2)), layers.Conv1D(1, 3)]))


def test_summary_with_multiply_adds():
    inner = Sequential([Input((8, 1)), layers.Conv1D(2, 3, name="inner_conv")], name="inner")
    model = Sequential([Input((10, 1)), layers.Conv1D(1, 3, name="first"), inner])
    printed = []
    model.summary(print_fn=printed.append, show_multiply_adds=True, line_length=79)
    assert "Multiply-adds" in printed[0] and "Multiply-adds: 60" in printed[0]
    rows = {line.split()[1]: line.split()[-2] for line in printed[0].splitlines() if "│" in line}
    assert (rows["first"], rows["inner"]) == ("24", "36")
    model.summary(print_fn=printed.append)
    assert "Multiply-adds" not in printed[1]
    free = Sequential([Input((None, 1)), layers.Conv1D(1, 3)])
    free.summary(print_fn=printed.append, show_multiply_adds=True)
    assert "?" in printed[2]
