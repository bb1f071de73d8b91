"""Looking into networks: every number against a network whose answer is known."""

import numpy as np
import pytest

import pyconv
from pyconv import interpret, layers, ops
from pyconv.graph import apply
from pyconv.interpret.concepts import interpolated
from pyconv.ops.pool import MaxPoolGradient, max_pool_code
from pyconv.ops.window import make_window


def network():
    """Two convolutions with ReLU and max pooling, and a classifier."""
    pyconv.utils.set_random_seed(3)
    return pyconv.Sequential(
        [
            pyconv.Input((12, 12, 2)),
            layers.Conv2D(5, 3, padding="same", activation="relu", name="first"),
            layers.MaxPooling2D(2, name="pool"),
            layers.Conv2D(6, 3, activation="relu", name="second"),
            layers.Flatten(),
            layers.Dense(4, name="scores"),
        ]
    )


@pytest.fixture(scope="module")
def model():
    return network()


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(size=(3, 12, 12, 2)).astype("float32")


def test_up_to_shares_weights_and_takes_names_and_layers(model, x):
    part = interpret.up_to(model, "first")
    assert part.weights[0] is model.weights[0]
    assert np.array_equal(part(x), model.layers[0](x))
    assert np.array_equal(interpret.up_to(model, model.layers[1])(x), model.layers[1](part(x)))
    assert interpret.up_to(model) is model


def test_gradient_agrees_with_differences(model, x):
    value, gradient = interpret.value_and_gradient(lambda x: ops.square(model(x)))(x)
    assert np.allclose(value, model(x) ** 2, rtol=1e-5)
    direction = np.random.default_rng(1).normal(size=x.shape).astype("float32")
    step = 1e-3
    ahead, back = (np.sum(model(x + s * direction).astype("float64") ** 2) for s in (step, -step))
    assert np.sum(gradient * direction) == pytest.approx((ahead - back) / (2 * step), rel=1e-2)


def test_gradient_of_what_does_not_depend_on_x_is_zero(x):
    _, gradient = interpret.value_and_gradient(lambda x, y: y)(x, x)
    assert gradient.shape == x.shape and not gradient.any()


def test_saliency_of_a_linear_model_is_its_weights():
    model = pyconv.Sequential([pyconv.Input((3, 2)), layers.Flatten(), layers.Dense(2)])
    weights = np.array([[1, -2, 3, 0.5, 0, 0], [0, 0, -4, 1, 5, -6]], "float32").T
    model.set_weights([weights, np.zeros(2)])
    x = np.ones((1, 3, 2))
    assert interpret.saliency(model, x, unit=0).tolist() == [[2, 3, 0]]
    assert interpret.saliency(model, x, unit=1).tolist() == [[0, 4, 6]]
    assert interpret.saliency(model, x).tolist() == [[2, 3, 0]]  # the larger output: 2.5 > -4


def test_units_of_maps(model, x):
    maps = model.layers[0](x)
    places = maps[..., 2].reshape(3, -1).argmax(axis=1)
    by_channel = interpret.saliency(model, x, unit=2, layer="first")
    for n, place in enumerate(places):
        index = (*np.unravel_index(place, (12, 12)), 2)
        assert np.array_equal(by_channel[n], interpret.saliency(model, x, index, "first")[n])
        row, column, _ = index
        assert not by_channel[n, : max(row - 1, 0)].any()  # kernel 3: one pixel around
        assert not by_channel[n, :, column + 2 :].any()


def test_occlusion_is_the_fall_of_the_response(model, x):
    drops = interpret.occlusion(model, x, unit=1, size=3, strides=4, fill=0.5)
    assert drops.shape == (3, 3, 3)
    covered = x.copy()
    covered[:, 3:6, 7:10] = 0.5  # centre (4, 8)
    assert np.allclose(drops[:, 1, 2], (model(x) - model(covered))[:, 1], atol=1e-5)
    covered = x.copy()
    covered[:, :2, :2] = 0.5  # centre (0, 0): cut by the border
    assert np.allclose(drops[:, 0, 0], (model(x) - model(covered))[:, 1], atol=1e-5)


def test_reconstruction_is_the_way_back_through_h_relu_and_switches(model, x):
    first, _, second = model.layers[:3]
    a = first(x)
    p = ops.max_pool(a, 2)
    b = second(p)
    kept = np.zeros_like(b)
    kept[:, 1, 2, 3] = b[:, 1, 2, 3]
    back = ops.conv_transpose(ops.relu(kept), np.asarray(second.kernel))
    window = make_window("max_pool", a, 2, None, "valid")
    back = apply(MaxPoolGradient(window, a.shape), max_pool_code(window, a), back)
    back = ops.conv_transpose(ops.relu(back), np.asarray(first.kernel), padding="same")
    found = interpret.reconstruct(model, x, unit=(1, 2, 3), layer="second")
    assert np.abs(back).max() > 0.01
    assert np.allclose(found, back, atol=1e-6)


def test_maximum_of_a_linear_unit_is_its_kernel():
    model = pyconv.Sequential([pyconv.Input((5, 5, 2)), layers.Conv2D(3, 5)])
    found = interpret.maximize(model, [0, 2], norm=2.0, steps=100)
    for image, unit in zip(found, (0, 2), strict=True):
        kernel = np.asarray(model.layers[0].kernel)[..., unit]
        assert np.allclose(image, 2 * kernel / np.linalg.norm(kernel), atol=1e-3)


def test_maximizing_input_beats_the_start_and_repeats(model):
    found = interpret.maximize(model, [0, 1, 2, 3], norm=3.0, steps=60)
    again = interpret.maximize(model, [0, 1, 2, 3], norm=3.0, steps=60)
    noise = np.random.default_rng(5).normal(size=(500, 12, 12, 2))
    noise *= 3 / np.linalg.norm(noise.reshape(500, -1), axis=1).reshape(-1, 1, 1, 1)
    assert np.array_equal(found, again)
    assert np.linalg.norm(found.reshape(4, -1), axis=1) == pytest.approx([3] * 4, rel=1e-5)
    assert (np.diag(model(found)) > model(noise.astype("float32")).max(axis=0)).all()


def test_inversion_meets_the_responses(model, x):
    pytest.importorskip("scipy")
    found = interpret.invert(model, x, "first", smoothness=0.0, energy=0.0)
    assert np.abs(found - x).mean() < 0.05 * np.abs(x).mean()  # five maps of two channels
    found = interpret.invert(model, x, smoothness=0.0, energy=0.0)
    assert np.allclose(model(found), model(x), atol=1e-3)
    smooth = interpret.invert(model, x, smoothness=1e-2, energy=0.0, steps=50)
    assert np.abs(np.diff(smooth, axis=1)).mean() < 0.7 * np.abs(np.diff(found, axis=1)).mean()


def test_reverse_correlation_finds_a_linear_units_weights(model):
    model = pyconv.Sequential([pyconv.Input((6, 6, 2)), layers.Conv2D(4, 3, name="c")])
    model.layers[0].bias.assign(np.arange(4.0))
    want = np.zeros((6, 6, 2))
    want[1:4, 2:5] = np.asarray(model.layers[0].kernel)[..., 3]
    assert np.allclose(interpret.reverse_correlation(model, (1, 2, 3)), want, atol=1e-4)


def test_reverse_correlation_of_a_rectifier_points_along_its_weights():
    model = pyconv.Sequential([pyconv.Input((6, 6, 1)), layers.Conv2D(1, 6, activation="relu")])
    found = interpret.reverse_correlation(model, 0, samples=4000).ravel()
    kernel = np.asarray(model.layers[0].kernel).ravel()
    cosine = found @ kernel / np.linalg.norm(found) / np.linalg.norm(kernel)
    assert cosine > 0.97


def test_dissection_finds_the_channel_that_was_made_for_a_concept():
    rng = np.random.default_rng(0)
    mask = np.zeros((6, 16, 16), bool)
    for image in mask:
        row, column = 2 * rng.integers(0, 6, 2)
        image[row : row + 4, column : column + 4] = True
    x = np.stack([mask, rng.uniform(size=mask.shape)], axis=-1)
    model = pyconv.Sequential([pyconv.Input((16, 16, 2)), layers.AveragePooling2D(2, name="p")])
    share = mask.mean()
    scores, _ = interpret.dissect(model, x, {"box": mask, "none": mask & ~mask}, "p", share * 1.01)
    assert scores.shape == (2, 2)
    assert scores[0, 0] > 0.4 > 0.2 > scores[1, 0]
    assert not scores[:, 1].any()


def test_dissection_scores_are_intersection_over_union():
    rng = np.random.default_rng(1)
    x, mask = rng.normal(size=(5, 4, 4, 3)), rng.uniform(size=(5, 4, 4)) > 0.5
    model = pyconv.Sequential([pyconv.Input((4, 4, 3)), layers.Activation("linear")])
    scores, thresholds = interpret.dissect(model, x, {"c": mask}, quantile=0.2)
    for k in range(3):
        on = x[..., k].astype("float32") > thresholds[k]
        assert on.sum() == 16  # 0.2 of 80
        assert scores[k, 0] == pytest.approx((on & mask).sum() / (on | mask).sum())


@pytest.mark.peer
def test_interpolation_is_torchs():
    torch = pytest.importorskip("torch")
    maps = np.random.default_rng(2).normal(size=(2, 5, 3)).astype("float32")
    for size in ((10, 9), (7, 3), (4, 2), (1, 1)):
        want = torch.nn.functional.interpolate(
            torch.tensor(maps)[:, None], size, mode="bilinear", align_corners=False
        )
        assert np.allclose(interpolated(maps, size), want[:, 0].numpy(), atol=1e-6)


def test_bad_arguments_say_so(model, x):
    with pytest.raises(ValueError, match=r"pass x\[None\]"):
        interpret.saliency(model, x[0])
    with pytest.raises(ValueError, match="`unit` to be a channel below 4"):
        interpret.saliency(model, x, unit=4)
    with pytest.raises(ValueError, match="an index into"):
        interpret.reconstruct(model, x, unit=(0, 0), layer="second")
    with pytest.raises(ValueError, match="expected a layer among"):
        interpret.up_to(model, "third")
    for size, strides in ((0, 1), (3, 0)):
        with pytest.raises(ValueError, match="(size|strides): expected an integer of at least 1"):
            interpret.occlusion(model, x, size=size, strides=strides)
    for units in (3, []):
        with pytest.raises(ValueError, match="`units` as a list"):
            interpret.maximize(model, units)
    free = pyconv.Sequential([pyconv.Input((None, None, 1)), layers.Conv2D(2, 3)])
    with pytest.raises(ValueError, match="maps of known size"):
        interpret.reverse_correlation(free, 0)
    with pytest.raises(ValueError, match="`samples`"):
        interpret.reverse_correlation(model, 0, samples=10)
    with pytest.raises(ValueError, match="expected masks"):
        interpret.dissect(model, x, {"a": np.ones((3, 6, 6))}, "first")
    with pytest.raises(ValueError, match="layer with maps"):
        interpret.dissect(model, x, {}, "scores")
    silent = pyconv.Sequential(
        [
            pyconv.Input((2,)),
            layers.Dense(1, activation="relu", bias_initializer=np.float32([-9])),
        ]
    )
    with pytest.raises(ValueError, match="expected units that the start excites"):
        interpret.maximize(silent, [0])
    two = pyconv.Model([a := pyconv.Input((2,)), b := pyconv.Input((2,))], layers.add([a, b]))
    with pytest.raises(ValueError, match="expected one input"):
        interpret.up_to(two)
