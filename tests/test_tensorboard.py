"""Event files, read with TensorBoard's own reader and compared with those that Keras writes."""

import numpy as np
import pytest

import pyconv

pytest.importorskip("tensorboard")

X = np.linspace(-1, 1, 24, dtype="float32").reshape(12, 2)
Y = X[:, :1]


def events(directory):
    """{(tag, step): (plugin, value)} of all files in a directory."""
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
    from tensorboard.util.tensor_util import make_ndarray

    found = {}
    for path in sorted(directory.glob("events*")):
        for event in EventFileLoader(str(path)).Load():
            for value in event.summary.value:
                plugin = value.metadata.plugin_data.plugin_name
                # Keras' weights of a Sequential are named after it, too
                tag = value.tag.removeprefix("net/")
                found[tag, event.step] = (plugin, make_ndarray(value.tensor))
    return found


def train(library, directory, **options):
    net = library.Sequential([library.Input((2,)), library.layers.Dense(1, name="d")], name="net")
    net.compile(library.optimizers.SGD(0.125), "mse", metrics=["mae"])
    net.set_weights([np.ones((2, 1), "float32"), np.zeros(1, "float32")])
    board = library.callbacks.TensorBoard(str(directory), **options)
    net.fit(X, Y, batch_size=4, epochs=3, shuffle=False, verbose=0, validation_data=(X, Y),
            callbacks=[board])  # fmt: skip
    return {part: events(directory / part) for part in ("train", "validation")}


def test_epochs_and_weights(tmp_path):
    found = train(pyconv, tmp_path, histogram_freq=2, write_images=True)
    scalars = {key: value for key, (kind, value) in found["train"].items() if kind == "scalars"}
    assert sorted({tag for tag, _ in scalars}) == ["epoch_learning_rate", "epoch_loss", "epoch_mae"]
    assert scalars["epoch_learning_rate", 2] == 0.125
    histograms = [key for key, (kind, _) in found["train"].items() if kind == "histograms"]
    assert sorted(histograms) == [(f"d/{w}/histogram", s) for w in ("bias", "kernel")
                                  for s in (0, 2)]  # fmt: skip
    kind, image = found["train"]["d/kernel/image", 0]
    assert kind == "images" and [int(size) for size in image[:2]] == [1, 2]
    assert image[2].startswith(b"\x89PNG")
    assert found["train"]["keras", 0][0] == "graph_keras_model"


def test_batches(tmp_path):
    found = train(pyconv, tmp_path, update_freq=2, write_graph=False)["train"]
    assert sorted(step for tag, step in found if tag == "batch_loss") == [2, 4, 6, 8]


@pytest.mark.peer
@pytest.mark.parametrize("options", [{}, {"update_freq": "batch", "histogram_freq": 1}])
def test_like_keras(tmp_path, options):
    keras = pytest.importorskip("keras")
    options = {"write_graph": False, **options}
    ours = train(pyconv, tmp_path / "ours", **options)
    try:
        theirs = train(keras, tmp_path / "theirs", **options)
    except ImportError as error:
        pytest.skip(f"Keras' writer is not complete: {error}")
    for part, expected in theirs.items():
        assert set(ours[part]) == set(expected), part
        for key, (kind, value) in expected.items():
            assert ours[part][key][0] == kind
            np.testing.assert_allclose(ours[part][key][1], value, rtol=1e-4, atol=1e-5)
