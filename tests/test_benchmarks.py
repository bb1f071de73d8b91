"""The benchmarks' problem strings, and their float64 reference against the literal equations."""

from itertools import product

import numpy as np
import pytest

from benchmarks import reference
from benchmarks.problem import Problem

CONVOLUTIONS = [
    "conv n2 ic3 iw7 oc4 kw3 sw2",
    "conv n2 ic4 ih5 iw6 oc6 kh3 kw2 p1 g2",
    "conv n1 ic2 ih7 oc3 kh3 sh2 sw1 ph0 pw2 dh2 dw1",
    "conv n1 ic4 id3 ih4 iw5 oc4 kd2 kh1 kw3 s1 p1 g4",
    "dense n3 ic5 oc2",
]
POOLS = ["max_pool n2 ic3 iw6 kw2", "max_pool n1 ic2 ih5 kh3 s2 p1", "max_pool n1 ic2 id4 kd2 s1"]


def literal(problem: Problem):
    """(output index, kernel index, input index) of every product of a convolution, in the image;
    channels within their group."""
    inputs, filters = problem.ic // problem.groups, problem.oc // problem.groups
    for n, *o, f in np.ndindex(problem.y_shape):
        for *k, c in np.ndindex(*problem.kernel_size, inputs):
            axes = zip(o, k, problem.strides, problem.dilation, problem.padding, strict=True)
            i = [a * s + b * d - p for a, b, s, d, p in axes]
            if all(0 <= a < size for a, size in zip(i, problem.input_size, strict=True)):
                yield (n, *o, f), (*k, c, f), (n, *i, f // filters * inputs + c)


def draw(*shapes):
    rng = np.random.default_rng(0)
    return [rng.standard_normal(shape) for shape in shapes]


@pytest.mark.parametrize("text", CONVOLUTIONS)
def test_convolution_passes_are_the_equation(text):
    problem = Problem.parse(text)
    x, kernel, dy = draw(problem.x_shape, problem.kernel_shape, problem.y_shape)
    y, dx, dw = np.zeros(dy.shape), np.zeros(x.shape), np.zeros(kernel.shape)
    for o, k, i in literal(problem):
        y[o] += x[i] * kernel[k]
        dx[i] += dy[o] * kernel[k]
        dw[k] += dy[o] * x[i]
    np.testing.assert_allclose(reference.conv_forward(problem, x, kernel), y, atol=1e-12)
    np.testing.assert_allclose(reference.conv_backward_data(problem, dy, kernel), dx, atol=1e-12)
    np.testing.assert_allclose(reference.conv_backward_weights(problem, x, dy), dw, atol=1e-12)


@pytest.mark.parametrize("text", POOLS)
def test_pools_are_the_equation(text):
    problem = Problem.parse(text)
    x, dy = draw(problem.x_shape, problem.y_shape)
    x = np.round(x)  # ties: the first cell wins
    largest, dx_max = np.zeros(dy.shape), np.zeros(x.shape)
    mean, dx_mean = np.zeros(dy.shape), np.zeros(x.shape)
    for n, *o, c in np.ndindex(dy.shape):
        starts = [a * s - p for a, s, p in zip(o, problem.strides, problem.padding, strict=True)]
        spans = zip(starts, problem.kernel_size, problem.input_size, strict=True)
        cells = product(*[range(max(a, 0), min(a + k, size)) for a, k, size in spans])
        cells = [(n, *cell, c) for cell in cells]
        values = [x[cell] for cell in cells]
        output = (n, *o, c)
        largest[output], mean[output] = max(values), np.mean(values)
        dx_max[cells[np.argmax(values)]] += dy[output]
        for cell in cells:
            dx_mean[cell] += dy[output] / len(cells)
    np.testing.assert_array_equal(reference.max_pool(problem, x), largest)
    np.testing.assert_allclose(reference.max_pool_gradient(problem, x, dy), dx_max, atol=1e-12)
    np.testing.assert_allclose(reference.average_pool(problem, x), mean, atol=1e-12)
    np.testing.assert_allclose(reference.average_pool_gradient(problem, dy), dx_mean, atol=1e-12)


def test_axes_not_given_follow_the_one_before():
    problem = Problem.parse("conv n4 ic128 ih56 oc64 kh3 s2 p1")
    assert problem.input_size == (56, 56)
    assert problem.kernel_size == (3, 3)
    assert problem.strides == (2, 2)
    assert problem.padding == (1, 1)
    assert problem.dilation == (1, 1)
    assert problem.groups == 1
    assert problem.y_shape == (4, 28, 28, 64)
    assert problem.flops == 2 * 4 * 28 * 28 * 64 * 128 * 9


def test_an_axis_of_its_own_goes_before_the_letter():
    problem = Problem.parse("conv n1 ic1 ih9 iw8 oc1 k3 s2 sw1 dh2")
    assert problem.input_size == (9, 8)
    assert problem.strides == (2, 1)
    assert problem.dilation == (2, 2)


@pytest.mark.parametrize(
    ("sizes", "rank"), [("iw9 kw3", 1), ("ih9 kh3", 2), ("i9 k3", 2), ("id9 kd3", 3)]
)
def test_the_input_says_how_many_axes_there_are(sizes, rank):
    problem = Problem.parse(f"conv n1 ic1 oc1 {sizes}")
    assert problem.input_size == (9,) * rank
    assert problem.kernel_size == (3,) * rank


def test_pools_keep_channels_and_step_by_their_window():
    problem = Problem.parse("average_pool n1 ic3 ih6 kh3 kw2")
    assert problem.strides == (3, 2)
    assert problem.y_shape == (1, 2, 3, 3)


@pytest.mark.parametrize("text", CONVOLUTIONS + POOLS)
def test_the_written_problem_reads_back(text):
    problem = Problem.parse(text)
    assert Problem.parse(str(problem)) == problem


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("winograd n1", "expected a problem that starts with"),
        ("conv n1 ic1 ih3 kh3", "oc"),
        ("conv n1 ic1 oc1 kh3", "input's size"),
        ("conv n1 ic1 ih3 oc1", "kh"),
        ("conv n1 ic1 ih3 oc1 kh3 x2", "'x2'"),
        ("conv n1 ic1 ih3 oc1 kh-3", "'kh-3'"),
        ("conv n1 ic4 ih3 oc4 kh3 g3", "multiples of g"),
        ("conv n1 ic1 ih3 oc1 kh3 s0", "at least 1"),
        ("conv n1 ic1 ih3 oc1 kh5", "at least as large as the kernel"),
    ],
)
def test_impossible_problems_are_refused(text, message):
    with pytest.raises(ValueError, match=message):
        Problem.parse(text)
