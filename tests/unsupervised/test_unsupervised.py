"""Kernels without labels: every step against its equation in float64."""

import numpy as np
import pytest

import pyconv
from pyconv import layers, ops, unsupervised
from pyconv.unsupervised.sparse import _largest_eigenvalue
from tests import reference


@pytest.fixture
def images():
    return np.random.default_rng(0).uniform(size=(12, 9, 10, 2)).astype("float32")


def patches_of(images, k):
    windows = np.lib.stride_tricks.sliding_window_view(images.astype("float64"), (k, k), (1, 2))
    return np.moveaxis(windows, 3, -1)  # (n, rows, columns, k, k, channels)


def test_random_kernels_have_mean_zero_and_norm_one():
    kernel = unsupervised.random_kernels((3, 4, 5, 7), seed=1)
    assert np.allclose(kernel.mean(axis=(0, 1, 2)), 0, atol=1e-7)
    assert np.allclose(np.sum(kernel**2, axis=(0, 1, 2)), 1)
    assert not np.array_equal(kernel, unsupervised.random_kernels((3, 4, 5, 7), seed=2))


def test_fixed_convolution_is_not_trained(images):
    kernel = unsupervised.random_kernels((3, 3, 2, 4))
    model = pyconv.Sequential(
        [
            pyconv.Input((9, 10, 2)),
            unsupervised.fixed_conv(kernel),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    model.compile("sgd", "mse")
    model.fit(images, np.ones((12, 1)), epochs=2, verbose=0)
    assert np.array_equal(model.layers[0].kernel, kernel)
    assert len(model.trainable_weights) == 2


def test_sampled_patches_are_patches_of_the_images(images):
    found = unsupervised.sample_patches(images, (3, 2), count=50)
    everywhere = {
        images[n, i : i + 3, j : j + 2].tobytes()
        for n in range(12)
        for i in range(7)
        for j in range(9)
    }
    assert {patch.tobytes() for patch in found} <= everywhere
    assert len({patch.tobytes() for patch in found}) > 40


def test_whitening_is_symmetric_and_gives_unit_covariance(images):
    found = unsupervised.sample_patches(images, 2, count=2000)
    mean, w = unsupervised.zca_whitening(found, epsilon=1e-9)
    z = (found.reshape(2000, -1) - mean) @ w
    assert np.allclose(w, w.T)
    assert np.allclose(np.cov(z, rowvar=False, bias=True), np.eye(8), atol=1e-4)


def test_patch_normalized_convolution_is_its_equation(images):
    layer = layers.PatchNormalizedConv2D(5, 3, epsilon=0.01, bias_initializer="ones")
    y = layer(images)
    p = patches_of(images, 3)
    axes = (-3, -2, -1)
    centred = p - p.mean(axes, keepdims=True)
    normal = centred / np.sqrt(p.var(axes, keepdims=True) + 0.01)
    want = 1 + np.einsum("nrcijk,ijkf->nrcf", normal, np.asarray(layer.kernel, "float64"))
    assert np.allclose(y, want, atol=1e-5)
    with pytest.raises(ValueError, match="`epsilon` above 0"):
        layers.PatchNormalizedConv2D(5, 3, epsilon=0)


def test_kmeans_layer_responds_to_whitened_patches(images):
    pytest.importorskip("sklearn")
    layer = unsupervised.kmeans_conv(images, 6, 3, threshold=0.2, patches=400, epsilon=0.02)
    y = layer(images)
    found = unsupervised.sample_patches(images, 3, 400)
    found = unsupervised.normalize_patches(found, 0.02)
    mean, w = unsupervised.zca_whitening(found, 0.1)
    from sklearn.cluster import KMeans

    z = (found.reshape(400, -1) - mean) @ w
    c = KMeans(6, n_init=1, max_iter=100, random_state=0).fit(z).cluster_centers_
    c /= np.linalg.norm(c, axis=1, keepdims=True)
    p = patches_of(images, 3).reshape(-1, 18)
    p = (p - p.mean(axis=1, keepdims=True)) / np.sqrt(p.var(axis=1, keepdims=True) + 0.02)
    want = np.maximum((p - mean) @ w @ c.T - 0.2, 0)
    assert np.allclose(y.reshape(-1, 6), want, atol=1e-4)
    assert not layer.trainable_weights
    assert (want > 0).any(axis=0).all()


def test_stacked_kmeans_clusters_what_the_layers_before_made(images):
    pytest.importorskip("sklearn")
    model = unsupervised.stacked_kmeans(images, [(4, 2), (5, 3)], patches=300)
    first = unsupervised.kmeans_conv(images, 4, 2, patches=300)
    maps = ops.max_pool(first(images), 2)
    second = unsupervised.kmeans_conv(maps, 5, 3, patches=300)
    assert np.allclose(model(images), second(maps), atol=1e-5)
    with pytest.raises(ValueError, match="expected `stages`"):
        unsupervised.stacked_kmeans(images, [])


def test_features_go_to_a_linear_classifier():
    pytest.importorskip("sklearn")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 12, 1))
    labels = rng.integers(0, 2, 300)
    x[np.arange(300), 3 + rng.integers(0, 5, 300), 0] += np.where(labels, 8, 0)
    model = pyconv.Sequential(
        [pyconv.Input((12, 1)), layers.Conv1D(4, 3), layers.MaxPooling1D(2), layers.ReLU()]
    )
    found = unsupervised.features(model, x)
    assert np.array_equal(found, model(x.astype("float32")).reshape(300, -1))
    classifier = unsupervised.fit_classifier(found[:200], labels[:200])
    assert classifier.score(found[200:], labels[200:]) > 0.9


def test_architectures_are_ranked_by_what_their_random_features_tell():
    pytest.importorskip("sklearn")
    pyconv.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 16, 1)).astype("float32")
    labels = (np.abs(x).max(axis=(1, 2)) > 2.2).astype(int)

    def network(pool):
        return pyconv.Sequential(
            [
                pyconv.Input((16, 1)),
                layers.Conv1D(16, 1, activation="relu"),
                pool(),
                layers.Dense(2),
            ]
        )

    builders = {
        "mean": lambda: network(layers.GlobalAveragePooling1D),
        "max": lambda: network(layers.GlobalMaxPooling1D),
    }
    data = (x[:200], labels[:200]), (x[200:], labels[200:])
    ranking = unsupervised.rank_architectures(builders, data)
    assert [name for name, _ in ranking] == ["max", "mean"]
    assert ranking[0][1] > 0.8 > ranking[1][1]
    single = pyconv.Sequential([pyconv.Input((16, 1)), layers.Flatten()])
    with pytest.raises(ValueError, match="expected a layer before the last"):
        unsupervised.rank_architectures({"a": lambda: single}, data)


def test_largest_eigenvalue_bounds_the_matrix():
    a = np.random.default_rng(0).normal(size=(9, 6))
    a = (a.T @ a).astype("float32")
    largest = np.linalg.eigvalsh(a)[-1]
    assert largest < _largest_eigenvalue(lambda v: a @ v, (6,)) < 1.06 * largest


@pytest.mark.parametrize("shape, kernel", [((3, 9, 2), (4, 2, 5)), ((2, 7, 6, 1), (3, 3, 1, 4))])
def test_sparse_codes_descend_to_the_optimality_conditions(shape, kernel):
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    kernel = unsupervised.random_kernels(kernel)
    z, objective = unsupervised.sparse_codes(x, kernel, penalty=0.3, steps=3000)
    assert (np.diff(objective) <= 1e-6 * objective[0]).all()
    full = [(k - 1, k - 1) for k in kernel.shape[:-2]]
    made = ops.conv_transpose(z, kernel, padding=full, input_size=x.shape[1:-1])
    correlation = reference.conv(made.astype("float64") - x, kernel.astype("float64"), padding=full)
    on = z != 0
    assert 0.01 < on.mean() < 0.6
    assert np.allclose(correlation[on], -0.3 * np.sign(z[on]), atol=5e-3)
    assert (np.abs(correlation[~on]) <= 0.3 + 5e-3).all()


def test_objective_is_what_it_says():
    x = np.random.default_rng(0).normal(size=(2, 8, 1)).astype("float32")
    kernel = unsupervised.random_kernels((3, 1, 2))
    z, objective = unsupervised.sparse_codes(x, kernel, penalty=0.2, steps=5)
    made = np.zeros((2, 8))
    for n, t, q in np.ndindex(z.shape):
        for m in range(3):
            if 0 <= t + m - 2 < 8:
                made[n, t + m - 2] += kernel[m, 0, q] * z[n, t, q]
    want = np.sum((made - x[..., 0]) ** 2) / 2 + 0.2 * np.abs(z).sum()
    assert objective[0] == pytest.approx(np.sum(x**2) / 2, rel=1e-6)
    assert objective[-1] == pytest.approx(want, rel=1e-5)


def test_the_kernel_that_made_the_images_is_learned():
    rng = np.random.default_rng(3)
    truth = unsupervised.random_kernels((5, 5, 1, 1), seed=12)
    z = np.where(rng.uniform(size=(20, 16, 16, 1)) < 0.02, 3.0, 0.0).astype("float32")
    x = ops.conv_transpose(z, truth, padding="full", input_size=12)
    kernel, _, objective = unsupervised.learn_sparse_kernels(
        x, 4, 5, penalty=0.5, rounds=60, steps=5, seed=1
    )
    assert (np.diff(objective) <= 1e-5 * objective[0]).all()
    assert np.linalg.norm(kernel, axis=(0, 1)).max() <= 1 + 1e-5
    found = [shifted_correlation(kernel[..., 0, i], truth[..., 0, 0]) for i in range(4)]
    assert np.abs(found).max() > 0.98


def shifted_correlation(a, b):
    """The correlation of two 5 x 5 kernels at all shifts of up to 2."""
    padded = np.pad(a, 2)
    return np.array(
        [[np.sum(padded[i : i + 5, j : j + 5] * b) for j in range(5)] for i in range(5)]
    )


def stage(filters):
    return [layers.Conv1D(filters, 2, activation="relu"), layers.MaxPooling1D(2)]


def test_greedy_stages_are_trained_one_after_the_other(images):
    """As by hand: the second stage on the first one's maps, the first one left as it was."""
    x, y = images[..., 0], np.arange(12) % 3
    classify = lambda stage: [layers.Flatten(), layers.Dense(3, activation="softmax")]  # noqa: E731
    pyconv.utils.set_random_seed(1)
    model = unsupervised.train_greedily(
        x, y, [stage(4), stage(5)], classify, pyconv.optimizers.SGD(0.1), epochs=3, verbose=0
    )
    pyconv.utils.set_random_seed(1)
    maps, want = x, []
    for layer in (stage(4), stage(5)):
        part = pyconv.Sequential([pyconv.Input(maps.shape[1:]), *layer, *classify(layer)])
        part.compile(pyconv.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
        part.fit(maps, y, epochs=3, verbose=0)
        maps = layer[1](layer[0](maps))
        want += layer[0].get_weights()
    want += part.layers[-1].get_weights()
    for ours, theirs in zip(model.get_weights(), want, strict=True):
        assert np.array_equal(ours, theirs)
    assert model.output_shape == (None, 3) and len(model.trainable_weights) == 6


def test_greedy_stages_without_labels_are_autoencoders(images):
    pyconv.utils.set_random_seed(2)
    first, second = layers.Conv2D(6, 3), layers.Conv2D(4, 3)
    model = unsupervised.train_greedily(
        images, None, [[first], [second]], lambda stage: [layers.TiedConv2DTranspose(stage[0])],
        loss="mse", epochs=60, verbose=0,
    )  # fmt: skip
    decoder = layers.TiedConv2DTranspose(first)
    assert model.output_shape == (None, 5, 6, 4)
    assert np.array_equal(model(images), second(first(images)))
    error = np.square(decoder(first(images)) - images).mean()
    assert error < 0.5 * np.square(images).mean()


def test_bad_arguments_say_so(images):
    with pytest.raises(ValueError, match="of at least 12 x 12"):
        unsupervised.sample_patches(images, 12)
    with pytest.raises(ValueError, match="`patches`"):
        unsupervised.kmeans_conv(images, 100, 3, patches=50)
    with pytest.raises(ValueError, match="expected images"):
        unsupervised.sparse_codes(images, np.ones((3, 3, 1, 4)))
    with pytest.raises(ValueError, match="`penalty`"):
        unsupervised.sparse_codes(images, np.ones((3, 3, 2, 4)), penalty=-1)
    with pytest.raises(ValueError, match="expected a kernel"):
        unsupervised.fixed_conv(np.ones((3, 3)))
    for stages in ([], [[]]):
        with pytest.raises(ValueError, match="expected `stages`"):
            unsupervised.train_greedily(images, None, stages, list)
