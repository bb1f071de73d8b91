"""Pictures of models: what they say, where boxes and lines lie."""

import itertools

import numpy as np
import pytest

import pyconv
from pyconv import layers
from pyconv.analysis.structure import Structure
from pyconv.utils import model_to_dot, plot_model
from pyconv.visualize.layered import Layered

pytest.importorskip("matplotlib")


def residual():
    x = pyconv.Input((8, 8, 3), name="x")
    y = layers.Conv2D(4, 3, padding="same", activation="relu", name="first")(x)
    z = layers.Conv2D(4, 3, padding="same", name="second", trainable=False)(y)
    return pyconv.Model(x, layers.Add(name="sum")([y, z]) * 2.0)


def nested():
    inputs = pyconv.Input((4,), name="in")
    two = pyconv.Model(
        inputs, [layers.Dense(3, name="a")(inputs), layers.Dense(2, name="b")(inputs)]
    )
    inner = pyconv.Sequential([layers.Dense(5, name="c"), layers.ReLU(name="d")], name="inner")
    x = pyconv.Input((4,), name="x")
    return pyconv.Model(x, inner(layers.Concatenate(name="join")(two(x))))


def edges(model, **options):
    found = Structure(model, **options)
    return {(found.nodes[a].name, found.nodes[b].name) for a, b in found.edges}


def test_edges_are_what_flows():
    name = residual().layers[-1].name
    assert name == "sum"
    found = edges(residual())
    assert {("x", "first"), ("first", "second"), ("first", "sum"), ("second", "sum")} < found
    assert len(found) == 5  # and the product


def test_nested_models_are_one_box_or_their_layers():
    model = nested()
    two = model.layers[1].name
    assert edges(model) == {("x", two), (two, "join"), ("join", "inner")}
    expanded = {("x", "in"), ("in", "a"), ("in", "b"), ("a", "join"), ("b", "join")}
    assert edges(model, expand_nested=True) == expanded | {("join", "c"), ("c", "d")}


def test_boxes_say_what_they_are_asked_to():
    shown = {
        "show_shapes": True,
        "show_layer_names": True,
        "show_layer_activations": True,
        "show_dtype": True,
        "show_trainable": True,
    }
    texts = [t.get_text() for t in plot_model(residual(), to_file=None, **shown).axes[0].texts]
    assert {"x (InputLayer)", "first (Conv2D)", "Activation: relu", "Non-trainable"} < set(texts)
    assert {"Output shape: (None, 8, 8, 4)", "Output dtype: float32", "Trainable"} < set(texts)
    plain = [t.get_text() for t in plot_model(residual(), to_file=None).axes[0].texts]
    assert sorted(plain) == ["Add", "Conv2D", "Conv2D", "InputLayer", "Multiply"]


@pytest.mark.parametrize("rankdir", ["TB", "BT", "LR", "RL"])
def test_lines_lead_along_the_direction(rankdir, tmp_path):
    figure = plot_model(nested(), tmp_path / "a.png", rankdir=rankdir, expand_nested=True, dpi=30)
    assert (tmp_path / "a.png").stat().st_size > 1000
    ax = figure.axes[0]
    places = {t.get_text(): np.array(t.get_position()) for t in ax.texts}
    way = places["ReLU"] - places["Concatenate"]
    axis, sign = {"TB": (1, -1), "BT": (1, 1), "LR": (0, 1), "RL": (0, -1)}[rankdir]
    assert sign * way[axis] > 0.3 and "inner" in places


def test_boxes_do_not_overlap():
    figure = plot_model(nested(), to_file=None, show_shapes=True)
    boxes = [p for p in figure.axes[0].patches if p.get_facecolor()[:3] == (1, 1, 1)]
    boxes = [p.get_bbox() for p in boxes if hasattr(p, "get_bbox")]
    assert len(boxes) == 4
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))


def test_ranks_and_lanes():
    found = Layered([1, 1, 2, 1, 1], [(0, 1), (1, 2), (0, 2), (2, 3), (4, 3)])
    assert found.rank == [0, 1, 2, 3, 2]
    assert [len(path) for path in found.paths] == [0, 0, 1, 0, 0]
    assert abs(found.paths[2][0] - found.across[1]) >= 0.3 + 0.6 - 1e-9  # beside the box
    assert abs(found.across[2] - found.across[4]) >= 1.5 + 0.3 - 1e-9


def test_dot_is_a_graph():
    text = model_to_dot(nested(), show_shapes=True, expand_nested=True, rankdir="LR").to_string()
    assert text.startswith("digraph") and text.count("->") == 7 and "rankdir=LR" in text
    assert 'subgraph "cluster_inner"' in text and "Output shape: (None, 3)" in text
    assert model_to_dot(residual(), subgraph=True).to_string().startswith("subgraph cluster")


def test_what_cannot_be_drawn_is_named(tmp_path):
    with pytest.raises(ValueError, match="built"):
        plot_model(pyconv.Sequential([layers.Dense(2)]))
    for function in (plot_model, model_to_dot):
        with pytest.raises(ValueError, match="rankdir"):
            function(residual(), rankdir="up")
        with pytest.raises(ValueError, match="colour"):
            function(residual(), colour="red")
