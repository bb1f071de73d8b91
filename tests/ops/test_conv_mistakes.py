"""Arguments of convolutions that do not fit: each is refused by name before any work is done."""

import numpy as np
import pytest

from pyconv import layers, ops

X, K = np.ones((2, 7, 6, 4)), np.ones((3, 3, 4, 6))
G = np.ones((2, 5, 4, 6))
LARGE = 2**31


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("conv", lambda x: ops.conv(X, K.astype("int32"))),
        ("conv_kernel_gradient", lambda x: ops.conv_kernel_gradient(x, G, 3)),
        ("conv", lambda x: ops.tiled_conv(x, np.ones((2, 2, 3, 3, 4, 1)))),
        ("dropout", layers.Dropout(0.5)),
        ("scatter_along_axis", lambda x: ops.scatter_along_axis(x, x, 9, 1)),
        ("non_maximum_suppression", lambda x: ops.non_maximum_suppression(x[0], X[0, :, :, 0], 3)),
    ],
)
def test_integers_of_32_bits_are_refused_where_numbers_are_multiplied(name, function):
    x = X.astype("int32")
    options = {"training": True} if isinstance(function, layers.Dropout) else {}
    with pytest.raises(ValueError, match=f"{name}: expected float32, received int32"):
        function(x, **options)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: ops.conv(x, K),
        lambda x: ops.conv_transpose(x, np.ones((3, 3, 2, 4))),
        lambda x: ops.dense(x, np.ones((4, 2))),
        layers.Conv2D(2, 3),
    ],
)
def test_integers_of_32_bits_are_converted_where_a_layer_may_be_fed_them(function):
    np.testing.assert_array_equal(function((3 * X).astype("int32")), function(3 * X))


@pytest.mark.parametrize(
    "function",
    [
        lambda b: ops.conv(X, K, bias=b),
        lambda b: ops.conv(X[:, :3, :3], K, bias=b),
        lambda b: ops.conv_transpose(G, np.ones((3, 3, 4, 6)), bias=b),
        lambda b: ops.depthwise_conv(X, np.ones((3, 3, 4, 2)), bias=b),
        lambda b: ops.separable_conv(X, np.ones((3, 3, 4, 2)), np.ones((1, 1, 8, 2)), bias=b),
        lambda b: ops.spatially_separable_conv(X[:, 0], [np.ones((3, 4, 2))], bias=b),
        lambda b: ops.tiled_conv(X, np.ones((2, 2, 3, 3, 4, 6)), bias=b),
        lambda b: ops.locally_connected(X, np.ones((5, 4, 3, 3, 4, 6)), bias=b),
        lambda b: ops.partial_conv(X, X, K, bias=b),
        lambda b: ops.pixel_adaptive_conv(X, X, K, bias=b),
        lambda b: ops.dense(X, np.ones((4, 2)), b),
    ],
)
@pytest.mark.parametrize("shape", [(5,), (9, 4, 6), (5, 9, 6), (2, 2, 2), (1, 2, 5, 4, 6)])
def test_a_bias_broadcasts_to_the_output_and_never_widens_it(function, shape):
    with pytest.raises(ValueError, match="bias: expected a shape that broadcasts to the output's"):
        function(np.ones(shape))


@pytest.mark.parametrize("function", [ops.conv, ops.conv_transpose, ops.tiled_conv])
def test_no_groups_are_an_error(function):
    kernel = np.ones((1, 1, 3, 3, 4, 4)) if function is ops.tiled_conv else np.ones((3, 3, 4, 4))
    with pytest.raises(ValueError, match="groups: expected an integer of at least 1"):
        function(X, kernel, groups=0)


@pytest.mark.parametrize("argument", ["strides", "dilation_rate", "padding", "groups"])
@pytest.mark.parametrize("value", [LARGE, 2**62, 2**70])
def test_numbers_beyond_the_core_are_refused_by_name(argument, value):
    with pytest.raises(ValueError, match=f"{argument}: expected .* below 2\\^31"):
        ops.conv(X, K, **{argument: value})


def test_large_steps_that_fit_have_one_output():
    y = ops.conv(X, K, strides=LARGE - 1, dilation_rate=1)
    np.testing.assert_array_equal(y, ops.conv(X, K)[:, :1, :1])


def test_many_possible_sizes_are_named_by_the_first_and_the_last():
    with pytest.raises(ValueError, match=r"possible are \[3, 4\] x 3 to 1000000002$"):
        ops.conv_transpose(G[:, :1, :1], K, (2, 10**9), input_size=(3, 2))


def test_messages_show_the_kernel_as_it_was_given():
    with pytest.raises(ValueError, match=r"received shapes \(\) and \(3, 3, 4, 6\)"):
        ops.conv(None, K)


ONES = np.ones


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda: ops.conv_kernel_gradient(None, None, 3), r"received shape \(\)"),
        (lambda: ops.subsample(3.0, 2), "subsample: expected an input"),
        (lambda: ops.conv_input_sizes(0, 3), "^output_size: expected"),
        (lambda: ops.conv_depth("a", 3), "^size: expected an integer .* received 'a'"),
        (lambda: ops.conv(X[0], ONES((3, 4, 6)), padding=(1, 2)), "for each of 1 axes"),
        (lambda: ops.depthwise_conv(X, ONES((3, 3, 5, 2))), r"received .* and \(3, 3, 5, 2\)"),
        (lambda: ops.depthwise_conv(X, ONES((4, 2))), r"depthwise_conv: .* and \(4, 2\)"),
        (lambda: ops.separable_conv(X, ONES((3, 3, 4, 1)), K), "^pointwise_kernel: expected"),
        (lambda: ops.spatially_separable_conv(X, None), "^kernels: expected a list of 2"),
        (lambda: ops.spatially_separable_conv(X, [K, K]), "^kernels: .* size 1 on the others"),
        (lambda: ops.spatially_separable_conv(3.0, []), "expected an input"),
        (lambda: ops.tiled_conv(X, K), r"with 2 places .* received \(3, 3, 4, 6\)"),
        (lambda: ops.locally_connected(None, K), r"locally_connected: .* received shape \(\)"),
        (lambda: ops.connection_table_conv(X, None, ONES((4, 2))), r"^kernel: .* received \(\)"),
        (lambda: ops.connection_table_conv(X, K, ONES((3, 2))), "^table: expected a row for each"),
        (lambda: ops.connection_table_conv(X, K, ONES((4, 2)) / 2), "^table: expected zeros and"),
    ],
)
def test_each_argument_is_refused_by_its_own_name_in_one_line(function, message):
    with pytest.raises(ValueError, match=message) as error:
        function()
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda: ops.pixel_adaptive_conv(X, X[:1], K), "^guide: expected the input's size"),
        (lambda: ops.pixel_adaptive_conv(X, X[..., :0], K), "^guide: expected the input's size"),
        (lambda: ops.pixel_adaptive_conv(X, X, K[:, :, :2]), "^kernel: expected 4 channels"),
        (lambda: ops.partial_conv(X, X[:1], K), "^mask: expected the input's size"),
        (lambda: ops.deformable_conv(X, ONES((1, 5, 4, 18)), K), r"^offsets: expected shape \(2,"),
        (lambda: ops.deformable_conv(X, G, K, offset_groups=0), "^offset_groups: expected an int"),
        (lambda: ops.group_pool(X, ["p4"]), "^group: expected 'p4' or 'p4m'"),
        (lambda: ops.gated_conv(X, K, K, activation="relu"), "^activation: expected a function"),
        (lambda: ops.lifting_conv(X, K, bias=1.0), "^bias: expected a number for each filter"),
        (
            lambda: ops.squeeze_excite(X, ONES(4), ONES((1, 4))),
            "^squeeze_excite: expected kernel_0",
        ),
        (lambda: ops.squeeze_excite(X, ONES((4, 2)), ONES((2, 1))), "expected kernel_0"),
        (lambda: ops.group_pool(3.0), r"^x: expected .* received shape \(\)"),
    ],
)
def test_variants_refuse_arguments_by_name(function, message):
    with pytest.raises(ValueError, match=message):
        function()


@pytest.mark.parametrize("function", [ops.max, ops.mean, ops.sum, ops.prod])
def test_reductions_of_no_columns_end(function):
    """They once looked for a number of empty rows that fills a vector."""
    assert function(ONES((2, 3, 0)), axis=1).shape == (2, 0)
    assert ops.group_pool(ONES((2, 3, 3, 0))).shape == (2, 3, 3, 0)
