"""Which algorithm a convolution uses, and how right Winograd's is."""

import numpy as np
import pytest

import pyconv
from benchmarks.cases import make_cases
from benchmarks.problem import Problem
from pyconv import config, ops

SHAPES = (1, 20, 20, 64), (3, 3, 64, 64)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def algorithm():
    yield config.set_conv_algorithm
    config.set_conv_algorithm("auto")


@pytest.mark.parametrize(
    "problem",
    [
        "conv n2 ic64 ih15 iw18 oc40 kh3 s1 p1",
        "conv n1 ic300 ih9 oc16 kh3 s1 p0",
        "conv n1 ic32 ih14 oc64 kh3 s1 p2 d2 g2",
        "conv n2 ic96 ih13 oc64 kh5 s1 p2",
        "conv n1 ic16 id4 ih9 iw6 oc32 kd3 kh3 kw3 s1 p1",
        "conv n2 ic40 ih21 iw18 oc70 kh4 s2 p1",
        "conv n2 ic96 ih30 oc130 kh4 s2 p1",
        "conv n1 ic32 ih14 oc64 kh4 s2 p2 g2",
        "conv n1 ic16 ih17 oc33 kh6 s3 p2",
        "conv n2 ic32 ih13 oc48 kh2 s1",
        "conv n3 ic70 iw50 oc33 kw3 s1 p1",
        "conv n3 ic20 iw33 oc130 kw5 s1 p2 g2",
    ],
)
def test_winograd_is_within_its_bound(algorithm, problem):
    algorithm("winograd")
    for case in make_cases(Problem.parse(problem), config.CONV_PASSES):
        expected = case.expected()
        case.run()
        error = np.sqrt(np.mean(np.square(case._results[0] - expected)))
        assert error <= 3e-6 * np.sqrt(np.mean(np.square(expected)))


@pytest.mark.parametrize("problem", ["dense n1 ic523 oc1001", "dense n131 ic1030 oc513"])
def test_dense_is_as_right_as_the_direct_sum(algorithm, problem):
    algorithm("dense")
    for case in make_cases(Problem.parse(problem), ["forward", "backward_data"]):
        expected = case.expected()
        case.run()
        error = np.sqrt(np.mean(np.square(case._results[0] - expected)))
        assert error <= 1e-6 * np.sqrt(np.mean(np.square(expected)))


def test_a_large_kernel_is_packed_only_where_it_lasts(rng):
    x = rng.standard_normal((3, 512), dtype="float32")
    model = pyconv.Sequential([pyconv.Input((512,)), pyconv.layers.Dense(512)])
    predict = pyconv.plan.Function(lambda x: [model(x)])
    assert [n for n, _ in predict.executable((x,)).plan.ops] == ["conv_pack", "conv_forward"]
    assert config.conv_algorithm((3, 1, 512), (1, 512, 512)) == "dense"


def test_dense_gives_the_same_bits_for_each_number_of_threads(algorithm, rng):
    algorithm("dense")
    x = rng.standard_normal((9, 700), dtype="float32")
    model = pyconv.Sequential([pyconv.Input((700,)), pyconv.layers.Dense(600)])
    before, results = pyconv.get_num_threads(), []
    for threads in (1, 2, 3):
        pyconv.set_num_threads(threads)
        results.append(model.predict_on_batch(x))
    pyconv.set_num_threads(before)
    assert all((r == results[0]).all() for r in results)


@pytest.mark.parametrize(
    "problem",
    [
        "conv n2 ic32 ih30 oc32 kh7 s1 p3",
        "conv n1 ic16 ih40 oc16 kh31 s1 p15",
        "conv n2 ic17 ih50 oc17 kh21 s1 p10 g17",
        "conv n3 ic3 iw500 oc18 kw31 s1 p15",
        "conv n2 ic24 ih33 iw20 oc10 kh9 kw13 s1 p2 g2",
    ],
)
def test_fourier_transforms_are_within_their_bound(algorithm, problem):
    algorithm("fft")
    for case in make_cases(Problem.parse(problem), config.CONV_PASSES):
        expected = case.expected()
        case.run()
        error = np.sqrt(np.mean(np.square(case._results[0] - expected)))
        assert error <= 1e-6 * np.sqrt(np.mean(np.square(expected)))


def test_a_choice_takes_effect_at_once(algorithm, rng):
    x, kernel = (rng.standard_normal(shape, np.float32) for shape in SHAPES)
    first = ops.conv(x, kernel)
    algorithm("direct")
    direct = ops.conv(x, kernel)
    assert not np.array_equal(first, direct)
    np.testing.assert_allclose(first, direct, atol=1e-3)
    algorithm("auto")
    assert np.array_equal(ops.conv(x, kernel), first)


def test_what_a_shape_uses_can_be_asked(algorithm):
    assert config.conv_algorithm(*SHAPES) == "winograd"
    assert config.conv_algorithm(*SHAPES, direction="backward_data") == "winograd"
    assert config.conv_algorithm(*SHAPES, strides=2) == "direct"
    halved = (4, 32, 32, 64), (4, 4, 64, 64), 2, "same"
    assert {config.conv_algorithm(*halved, direction=d) for d in config.CONV_PASSES} == {"winograd"}
    assert config.conv_algorithm((1, 9, 9, 32), (3, 3, 1, 32)) == "narrow"
    large = (4, 56, 56, 64), (9, 9, 64, 64)
    assert {config.conv_algorithm(*large, direction=d) for d in config.CONV_PASSES} == {"fft"}
    assert config.conv_algorithm((4, 56, 56, 64), (21, 21, 1, 64)) == "fft"
    algorithm("direct")
    assert config.conv_algorithm(*SHAPES) == "direct"
    algorithm("narrow")
    assert config.conv_algorithm(*SHAPES) == "winograd"


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match=r"set_conv_algorithm: expected one of auto, .*'magic'"):
        config.set_conv_algorithm("magic")
    with pytest.raises(ValueError, match=r"conv_algorithm: expected a direction of .*'back'"):
        config.conv_algorithm(*SHAPES, direction="back")
    with pytest.raises(ValueError, match=r"expected an input"):
        config.conv_algorithm((1, 8, 64), (3, 3, 64, 64))


def test_what_is_not_finite_stays_in_its_tiles(algorithm, rng):
    algorithm("winograd")
    x, kernel = (rng.standard_normal(shape, np.float32) for shape in SHAPES)
    x[0, 0, 0, 0] = np.nan
    y = ops.conv(x, kernel)
    assert np.isnan(y[0, 0, 0]).all()
    assert np.isfinite(y[0, 4:]).all() and np.isfinite(y[0, :, 4:]).all()


@pytest.mark.parametrize("shapes", [SHAPES, ((40, 20, 20, 16), (3, 3, 16, 40))])
def test_the_same_bits_on_any_threads(algorithm, rng, shapes):
    algorithm("winograd")
    x, kernel = (rng.standard_normal(shape, np.float32) for shape in shapes)
    results = []
    for threads in (1, 3):
        pyconv.set_num_threads(threads)
        results.append(ops.conv(x, kernel))
    pyconv.set_num_threads(0)
    assert np.array_equal(*results)


@pytest.mark.parametrize(
    "problem", ["conv n9 ic64 ih32 oc64 kh4 s2 p1", "conv n9 ic256 ih14 oc64 kh1"]
)
def test_all_passes_give_the_same_bits_on_any_threads(problem):
    results = []
    for threads in (1, 3):
        pyconv.set_num_threads(threads)
        cases = make_cases(Problem.parse(problem), config.CONV_PASSES)
        for case in cases:
            case.run()
        results.append([case._results[0] for case in cases])
    pyconv.set_num_threads(0)
    assert all(map(np.array_equal, *results))
