"""Initializers: moments, bounds, structure, seeds and configs."""

import math

import numpy as np
import pytest

from pyconv import initializers, ops, random
from pyconv.initializers import compute_fans
from pyconv.utils import set_random_seed

SHAPE = (3, 3, 64, 48)  # kh kw ic oc
FAN_IN, FAN_OUT = 9 * 64, 9 * 48
FAN_AVG = (FAN_IN + FAN_OUT) / 2

NAMES = [
    "Zeros",
    "Ones",
    "Constant",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "LecunNormal",
    "LecunUniform",
    "Orthogonal",
    "Identity",
    "DeltaOrthogonal",
    "Gabor",
    "Edge",
    "ICNR",
]
FIXED = ("Zeros", "Ones", "Constant", "Identity", "Gabor", "Edge", "ICNR")
RANDOM = [name for name in NAMES if name not in FIXED]


def shape_for(name):
    shapes = {
        "Identity": (4, 6),
        "DeltaOrthogonal": (3, 4, 6),
        "Gabor": (5, 4, 3, 8),
        "Edge": (5, 4, 3, 8),
    }
    return shapes.get(name, (3, 6, 4))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_shape_dtype_and_config(name, dtype):
    initializer = initializers.get(name)
    values = initializer(shape_for(name), dtype=dtype)
    assert type(values) is np.ndarray
    assert (values.shape, values.dtype) == (shape_for(name), np.dtype(dtype))
    config = initializers.serialize(initializer)
    assert config["module"] in ("keras.initializers", "pyconv.initializers")
    assert config["class_name"] == name
    copy = initializers.get(config)
    assert type(copy) is type(initializer)
    assert copy.get_config() == initializer.get_config()


@pytest.mark.parametrize("name", RANDOM)
def test_seeds(name):
    cls = getattr(initializers, name)
    shape = shape_for(name)
    seeded = cls(seed=3)
    np.testing.assert_array_equal(seeded(shape), seeded(shape))
    np.testing.assert_array_equal(seeded(shape), cls.from_config(seeded.get_config())(shape))
    assert not np.array_equal(seeded(shape), cls(seed=4)(shape))
    set_random_seed(5)
    first, second = cls()(shape), cls()(shape)
    assert not np.array_equal(first, second)
    set_random_seed(5)
    np.testing.assert_array_equal(cls()(shape), first)


@pytest.mark.parametrize(
    ("name", "variance", "uniform"),
    [
        ("glorot_normal", 1 / FAN_AVG, False),
        ("glorot_uniform", 1 / FAN_AVG, True),
        ("he_normal", 2 / FAN_IN, False),
        ("he_uniform", 2 / FAN_IN, True),
        ("lecun_normal", 1 / FAN_IN, False),
        ("lecun_uniform", 1 / FAN_IN, True),
    ],
)
def test_variance_and_bound(name, variance, uniform):
    values = type(initializers.get(name))(seed=0)(SHAPE, "float64")
    n = values.size
    # five standard errors of the mean; of the variance, whose own is at most variance * sqrt(2 / n)
    assert abs(values.mean()) < 5 * math.sqrt(variance / n)
    assert abs(values.var() - variance) < 5 * variance * math.sqrt(2 / n)
    bound = math.sqrt(3 * variance) if uniform else 2 * math.sqrt(variance) / 0.8796256610342398
    assert 0.999 * bound < np.abs(values).max() <= bound


@pytest.mark.parametrize(
    ("mode", "fan"), [("fan_in", FAN_IN), ("fan_out", FAN_OUT), ("fan_avg", FAN_AVG)]
)
@pytest.mark.parametrize("distribution", ["normal", "untruncated_normal", "uniform"])
def test_variance_scaling(mode, fan, distribution):
    values = initializers.VarianceScaling(3.0, mode, distribution, seed=1)(SHAPE)
    assert abs(values.var() * fan / 3 - 1) < 5 * math.sqrt(2 / values.size)


def test_untruncated_normal_has_tails():
    values = initializers.VarianceScaling(1.0, "fan_in", "untruncated_normal", seed=1)(SHAPE)
    assert np.abs(values).max() > 3 / math.sqrt(FAN_IN)


def test_he_variance_of_the_textbook():
    """A 3 x 3 layer of C1 inputs: 2 / (9 C1)."""
    for channels in (1, 3, 64):
        assert initializers.HeNormal().variance((3, 3, channels, 7)) == 2 / (9 * channels)


@pytest.mark.parametrize(
    ("shape", "fans"),
    [
        ((), (1, 1)),
        ((5,), (5, 5)),
        ((4, 7), (4, 7)),
        ((3, 4, 7), (12, 21)),
        ((2, 3, 4, 7), (24, 42)),
        ((3, 3, 8, 2), (72, 18)),  # depthwise: (kh, kw, channels, multiplier)
    ],
)
def test_fans(shape, fans):
    assert compute_fans(shape) == fans


def test_fans_of_given_axes():
    assert compute_fans((2, 3, 4), input_axes=[0, 1], output_axes=[2]) == (6, 4)
    wide = initializers.GlorotNormal(input_axes=[0], output_axes=[1, 2])
    assert wide.variance((2, 3, 4)) == 1 / 7
    assert wide.get_config() == {"seed": None, "input_axes": [0], "output_axes": [1, 2]}


def test_random_normal_and_uniform():
    normal = initializers.RandomNormal(2.0, 0.5, seed=0)((100, 100))
    assert abs(normal.mean() - 2) < 0.025
    assert abs(normal.std() - 0.5) < 0.0177
    truncated = initializers.TruncatedNormal(2.0, 0.5, seed=0)((100, 100))
    assert 0.99 < np.abs(truncated - 2).max() <= 1.0
    uniform = initializers.RandomUniform(1.0, 3.0, seed=0)((100, 100))
    assert uniform.min() >= 1
    assert uniform.max() <= 3
    assert abs(uniform.mean() - 2) < 0.03


def test_constants():
    assert (initializers.Constant(2.5)((2, 3)) == 2.5).all()
    np.testing.assert_array_equal(initializers.Constant([1, 2])((3, 2)), [[1, 2]] * 3)
    np.testing.assert_array_equal(initializers.Identity(3.0)((2, 3)), 3 * np.eye(2, 3))
    with pytest.raises(ValueError, match="two axes"):
        initializers.Identity()((2, 2, 2))


@pytest.mark.parametrize("shape", [(5, 5), (7, 3), (3, 7), (3, 3, 4, 9), (3, 2, 20)])
def test_orthogonal(shape):
    w = initializers.Orthogonal(gain=2.0, seed=0)(shape, "float64").reshape(-1, shape[-1])
    gram = w @ w.T if w.shape[0] < w.shape[1] else w.T @ w
    np.testing.assert_allclose(gram, 4 * np.eye(len(gram)), atol=1e-12)


def test_orthogonal_signs_are_uniform():
    """Haar measure: the first entry is as often positive as negative (QR alone has one sign)."""
    firsts = [initializers.Orthogonal(seed=seed)((2, 2))[0, 0] for seed in range(200)]
    assert 60 < sum(first > 0 for first in firsts) < 140


@pytest.mark.parametrize("size", [(3,), (4,), (3, 5), (2, 3, 3)])
@pytest.mark.parametrize(("ic", "oc"), [(1, 1), (4, 4), (3, 8)])
def test_delta_orthogonal_preserves_the_norm(size, ic, oc):
    kernel = initializers.DeltaOrthogonal(seed=0)((*size, ic, oc), "float64")
    centre = kernel[tuple((k - 1) // 2 for k in size)]
    np.testing.assert_allclose(centre @ centre.T, np.eye(ic), atol=1e-12)
    assert np.count_nonzero(kernel) == np.count_nonzero(centre)


def test_delta_orthogonal_refusals():
    with pytest.raises(ValueError, match="at least as many filters"):
        initializers.DeltaOrthogonal()((3, 3, 8, 4))
    with pytest.raises(ValueError, match="expected a kernel shape"):
        initializers.DeltaOrthogonal()((8, 8))
    with pytest.raises(ValueError, match="at least two axes"):
        initializers.Orthogonal()((8,))


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("zeros", initializers.Zeros),
        ("uniform", initializers.RandomUniform),
        ("he_normal", initializers.HeNormal),
        ("HeNormal", initializers.HeNormal),
        ("OrthogonalInitializer", initializers.Orthogonal),
        ("delta_orthogonal", initializers.DeltaOrthogonal),
        (initializers.Ones, initializers.Ones),
        ({"class_name": "Constant", "config": {"value": 2.0}}, initializers.Constant),
    ],
)
def test_get(name, cls):
    assert type(initializers.get(name)) is cls


def test_get_passes_callables_and_arrays():
    def function(shape, dtype="float32"):
        return np.ones(shape, dtype)

    instance = initializers.Ones()
    assert initializers.get(function) is function
    assert initializers.get(instance) is instance
    assert initializers.get(None) is None
    values = np.arange(6.0).reshape(2, 3)
    assert initializers.get(values)((2, 3)).dtype == "float32"
    np.testing.assert_array_equal(initializers.get(values)((2, 3)), values)
    with pytest.raises(ValueError, match="expected an array of shape"):
        initializers.get(values)((3, 2))


class Halves(initializers.Initializer):
    """An initializer of a user's own."""

    def __call__(self, shape, dtype="float32"):
        return np.full(shape, 0.5, dtype)


def test_user_defined_initializer():
    config = initializers.serialize(Halves())
    assert config["registered_name"] == "Halves"
    copy = initializers.deserialize(config, custom_objects={"Halves": Halves})
    np.testing.assert_array_equal(copy((2,)), [0.5, 0.5])


def test_unknown_identifiers():
    with pytest.raises(ValueError, match="expected a name of initializers.* he_normal,"):
        initializers.get("he_norma")
    with pytest.raises(ValueError, match="class_name"):
        initializers.get({"name": "Ones"})
    with pytest.raises(ValueError, match="received 3"):
        initializers.get(3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scale": 0.0}, "scale"),
        ({"mode": "fan"}, "mode"),
        ({"distribution": "cauchy"}, "distribution"),
        ({"seed": -1}, "seed"),
    ],
)
def test_variance_scaling_refusals(arguments, message):
    with pytest.raises(ValueError, match=message):
        initializers.VarianceScaling(**arguments)


@pytest.mark.parametrize("name", NAMES)
def test_describe(name):
    initializer = initializers.get(name)
    shape = shape_for(name)
    described = initializer.describe(shape)
    assert (described["fan_in"], described["fan_out"]) == compute_fans(shape)
    cls = type(initializer)
    draws = [cls(seed=i) if name in RANDOM else cls() for i in range(400)]
    values = np.array([draw(shape, "float64") for draw in draws])
    np.testing.assert_allclose(values.var(), described["variance"], rtol=0.05, atol=1e-12)


def test_describe_he_for_a_3x3_layer():
    described = initializers.HeNormal().describe((3, 3, 32, 64))
    assert described == {"fan_in": 288, "fan_out": 576, "variance": 2 / (9 * 32)}
    turned = initializers.HeNormal(input_axes=[0], output_axes=[1]).describe((4, 8))
    assert (turned["fan_in"], turned["fan_out"], turned["variance"]) == (4, 8, 0.5)


def test_gabor_is_the_equation():
    tau, sigma, phi, f, aspect = 0.7, 1.5, 0.4, 2.0, 0.5
    bank = initializers.Gabor([0.1, tau], [1.0, sigma], [0.0, phi], f, aspect, alpha=3.0)
    kernel = bank((5, 7, 2, 8), "float64")
    for i, j in np.ndindex(5, 7):
        x, y = j - 3, i - 2
        u = x * math.cos(tau) + y * math.sin(tau)
        v = -x * math.sin(tau) + y * math.cos(tau)
        bx = 1 / (2 * sigma**2)
        expected = 3 * math.exp(-bx * u**2 - aspect**2 * bx * v**2) * math.cos(f / sigma * u + phi)
        np.testing.assert_allclose(kernel[i, j, :, 7], expected, rtol=1e-12)
    unit = initializers.Gabor()((9, 9, 3, 8), "float64")
    np.testing.assert_allclose(np.square(unit).sum((0, 1, 2)), 1, rtol=1e-12)


def test_edges_answer_to_steps():
    kernel = initializers.Edge(4, [1.0, 2.0])((5, 5, 3, 8), "float64")
    np.testing.assert_allclose(kernel.sum((0, 1, 2)), 0, atol=1e-12)
    step = np.zeros((5, 5, 3))
    step[:, 3:] = 1  # brighter to the right
    right, down, left, up = (step[..., None] * kernel).sum((0, 1, 2))[4:]
    np.testing.assert_allclose([right, down, left, up], [1, 0, -1, 0], atol=1e-12)
    down = (step.transpose(1, 0, 2)[..., None] * kernel).sum((0, 1, 2))[1]
    np.testing.assert_allclose(down, 1, rtol=1e-12)


def test_banks_check_shapes_and_arguments():
    with pytest.raises(ValueError, match="expected 8 filters for Gabor, one for each of 1 scales"):
        initializers.Gabor()((3, 3, 1, 4))
    with pytest.raises(ValueError, match=r"\(height, width, ic, oc\) for Edge"):
        initializers.Edge()((3, 1, 8))
    with pytest.raises(ValueError, match="expected `orientations` from 1, received 0"):
        initializers.Gabor(0)
    with pytest.raises(ValueError, match="expected `scales` to be numbers above 0"):
        initializers.Edge(scales=[0.0])
    with pytest.raises(ValueError, match="expected `aspect` to be a number from 0"):
        initializers.Gabor(aspect=-1)


@pytest.mark.parametrize("rank", [1, 2])
def test_icnr_begins_as_nearest_upsampling(rank):
    """Convolution, then pixel shuffle = convolution, then repetition (Aitken et al. 2017)."""
    icnr = initializers.ICNR(initializers.HeNormal(seed=1), scale=2)
    kernel = icnr((*(3,) * rank, 4, 3 * 2**rank))
    small = initializers.HeNormal(seed=1)((*(3,) * rank, 4, 3))
    x = np.random.default_rng(0).normal(size=(2, *(5,) * rank, 4))
    shuffled = ops.pixel_shuffle(ops.conv(x, kernel), 2)
    np.testing.assert_allclose(shuffled, ops.upsample(ops.conv(x, small), 2), rtol=1e-5, atol=1e-5)
    with pytest.raises(ValueError, match="filters that 2\\^axes divides"):
        icnr((3, 3, 4, 6))
    with pytest.raises(ValueError, match="`scale`"):
        initializers.ICNR(scale=0)


@pytest.mark.parametrize(
    "make", [initializers.RandomNormal, initializers.HeUniform, initializers.Orthogonal]
)
def test_a_generator_of_seeds_gives_each_call_other_numbers(make):
    generator = random.SeedGenerator(5)
    one = make(seed=generator)
    first, second = one((4, 4)), one((4, 4))
    assert not np.allclose(first, second) and int(generator.state.numpy()[1]) == 2
    config = one.get_config()
    assert config["seed"]["class_name"] == "SeedGenerator"
    np.testing.assert_array_equal(type(one).from_config(config)((4, 4)), first)
