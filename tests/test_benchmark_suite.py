"""The benchmarks' suite: what it writes, and that the peers' models are pyconv's."""

import json

import numpy as np
import pytest

import pyconv
from benchmarks import __main__ as command
from benchmarks import convolutions, memory, peers, suite
from benchmarks.compare import Comparison
from benchmarks.convolutions import Layer
from benchmarks.peers.graph import calls
from benchmarks.problem import Problem
from benchmarks.scaling import SWEEPS
from benchmarks.workloads import WORKLOADS, Workload
from pyconv import layers

MACHINE = {"cpu": "a CPU", "cores": 2, "isa": "avx2", "date": "2026-01-01"}
STEP = "training step, batch 100"


def comparison(loss=1.0) -> Comparison:
    return Comparison(
        workload="mnist1d",
        descriptions={STEP: {"pyconv": "pyconv 1, threads: 2", "torch": "PyTorch 2 eager"}},
        seconds={STEP: {"pyconv": [1e-3, 2e-3, 3e-3], "torch": [2e-3, 6e-3, 6e-3]}},
        losses={"pyconv": [1.0, 0.5], "torch": [loss, 0.5]},
        missing=["keras"],
    )


def layer() -> Layer:
    name, text = next(iter(convolutions.PROBLEMS.items()))
    seconds = dict.fromkeys(convolutions.PASSES, (0.001, 0.002))
    return Layer(name, text, 10**8, 10**11, seconds, dict.fromkeys(seconds, 2.0))


def network(dropout):
    """A layer of each kind that the peers translate."""
    x = inputs = pyconv.Input((12, 12, 3))
    x = layers.Conv2D(8, 5, strides=2, padding=2, activation="sigmoid")(x)
    x = layers.Activation("relu")(x)
    y = layers.ZeroPadding2D(((0, 1), (0, 1)))(x)
    y = layers.DepthwiseConv2D(3, strides=2)(y)
    y = layers.ReLU(6.0)(layers.BatchNormalization()(y))
    z = layers.MaxPooling2D(2)(layers.Conv2D(8, 3, padding="same", groups=2, use_bias=False)(x))
    x = layers.Add()([y, z])
    w = layers.AveragePooling2D(3, 1, padding="same")(x)
    x = layers.Concatenate()([layers.ReLU()(x), w])
    x = layers.Conv2D(4, 3, strides=2, padding="same")(layers.Dropout(dropout)(x))
    a = layers.Flatten()(x)
    b = layers.GlobalAveragePooling2D()(x)
    c = layers.Reshape((4,))(layers.GlobalAveragePooling2D(keepdims=True)(x))
    x = layers.Concatenate()([a, b, c])
    return pyconv.Model(inputs, layers.Dense(5)(layers.Dense(7, activation="relu")(x)))


SMALL = Workload("small", "Small", network, (12, 12, 3), 5, batch=4, loss_steps=3)


@pytest.mark.peer
@pytest.mark.parametrize("library", ["torch", "keras", "ort"])
def test_a_peers_model_is_pyconvs(library):
    for module in peers.LIBRARIES[library]:
        pytest.importorskip(module, reason=f"{module}, of a peer, is not installed")
    module = peers.load(library)
    [(x, y)] = SMALL.batches(1, SMALL.batch)
    own = peers.load("pyconv").Peer(SMALL, 0.0)
    peer = module.Peer(SMALL, 0.0, **module.configurations(False)[0], **module.EXACT)
    for _ in range(3):
        np.testing.assert_allclose(
            own.predict(x), np.asarray(peer.predict(peer.convert_input(x))), rtol=1e-4, atol=1e-5
        )
        if not module.TRAINS:
            break
        own.reset_losses()
        peer.reset_losses()
        assert own.train((x, y)) == pytest.approx(peer.train(peer.convert(x, y)), rel=1e-5)


def test_zeros_ahead_of_a_window_become_its_own():
    by_kind = {c.kind: c for c in calls(network(0.0)) if c.pads}
    assert by_kind["DepthwiseConv2D"].pads == ((0, 1), (0, 1))
    assert by_kind["DepthwiseConv2D"].input_shape == (6, 6, 8)
    assert by_kind["AveragePooling2D"].pads == ((1, 1), (1, 1))
    assert [c for c in calls(network(0.0)) if c.kind == "ZeroPadding2D"] == []


def test_a_model_with_ops_between_its_layers_is_refused():
    inputs = pyconv.Input((3,))
    with pytest.raises(ValueError, match="layers alone"):
        calls(pyconv.Model(inputs, layers.Dense(2)(inputs * 2)))


def test_a_workloads_weights_are_the_same_at_each_call():
    first, second = (WORKLOADS["mnist1d"].model(0.0).get_weights() for _ in range(2))
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


def test_ratios_are_medians_of_the_rounds():
    c = comparison()
    assert c.time(STEP, "torch") == 6e-3
    assert c.ratio(STEP, "torch") == 2
    assert c.best(STEP) == "torch"
    [row] = suite.rows([c])
    assert (row.model, row.ratio, row.bar) == ("MNIST-1D network", 2, suite.BARS["mnist1d"][0])


def test_losses_that_differ_are_told():
    assert any("DISAGREE" in line for line in suite.remarks(suite.Suite(MACHINE, [comparison(2)])))
    good = list(suite.remarks(suite.Suite(MACHINE, [comparison()])))
    assert any("PyTorch agree" in line for line in good)
    assert any(line.startswith("Keras/TF: not installed") for line in good)


def test_the_suite_is_written(tmp_path):
    pytest.importorskip("matplotlib", reason="pictures need it")
    peaks = {"mnist1d": {"pyconv": 2 * memory.MB, "torch": 18 * memory.MB}}
    suite.write(suite.Suite(MACHINE, [comparison()], [layer()], peaks), tmp_path)
    record = json.loads((tmp_path / "suite.json").read_text())
    assert record["machine"] == MACHINE
    assert record["models"][0]["seconds"][STEP]["torch"] == [2e-3, 6e-3, 6e-3]
    text = (tmp_path / "suite.md").read_text()
    assert "| MNIST-1D network | training step, batch 100 | 2 | 6 | 2.00 x | 18 x |" in text
    assert "1 ms, 100%, 2.00 x" in text
    assert "| MNIST-1D network, batch 100 | 2 | 18 |" in text
    for name in ("suite.png", "layers.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")


def test_tables_go_between_the_marks_of_a_readme():
    begin, end = suite.MARKS
    text = f"before\n{begin}\nold\n{end}\nafter\n"
    assert suite.replaced(text, "new\n") == f"before\n{begin}\nnew\n{end}\nafter\n"
    with pytest.raises(ValueError, match="--readme"):
        suite.replaced("no marks", "new\n")


def test_the_readme_has_the_marks():
    with open("README.md") as file:
        text = file.read()
    assert all(text.count(mark) == 1 for mark in suite.MARKS)


@pytest.mark.parametrize("option", ["--models", "--only", "--peers"])
def test_unknown_parts_are_named(option, capsys, tmp_path):
    assert command.main(["suite", option, "other", "--folder", str(tmp_path)]) == 2
    assert f"benchmarks: {option}: expected some of" in capsys.readouterr().err


def test_every_problem_and_sweep_can_be_read():
    for text in convolutions.PROBLEMS.values():
        assert Problem.parse(text).flops > 0
    for _, _, values, text in SWEEPS.values():
        assert [Problem.parse(text.format(v)).n > 0 for v in values]


def test_every_workload_has_goals():
    assert set(suite.BARS) == set(WORKLOADS)
