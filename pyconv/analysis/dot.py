"""Models in the language DOT, which Graphviz reads."""

from __future__ import annotations

from pathlib import Path

from pyconv.analysis.structure import Structure, label
from pyconv.utils.arguments import choice

DIRECTIONS = ("TB", "BT", "LR", "RL")


class Dot:
    """A graph in DOT.

    Args:
        text: the graph.
    """

    def __init__(self, text):
        self._text = text

    def to_string(self) -> str:
        """The text."""
        return self._text

    def write(self, path) -> None:
        """Writes the text to a file."""
        Path(path).write_text(self._text)

    write_raw = write

    def __str__(self) -> str:
        return self._text


def model_to_dot(
    model,
    show_shapes=False,
    show_dtype=False,
    show_layer_names=True,
    rankdir="TB",
    expand_nested=False,
    dpi=200,
    subgraph=False,
    show_layer_activations=False,
    show_trainable=False,
    splines="ortho",
    **kwargs,
):
    """A model's graph in DOT, for Graphviz; `plot_model` draws it without.

    Args:
        model: a built model.
        show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable: what the
            boxes say.
        rankdir: "TB" (top to bottom), "BT", "LR" or "RL".
        expand_nested: whether the layers of nested models are drawn.
        dpi: of Graphviz' picture.
        subgraph: whether the graph is to be part of another.
        splines: how Graphviz draws lines.
        **kwargs: none.

    Returns:
        A `Dot` with `to_string()` and `write(path)`.

    Raises:
        ValueError: a model that is not built, or unknown arguments.

    Example:
        >>> from pyconv import Input, Sequential, layers
        >>> model = Sequential([Input((3,)), layers.Dense(2, name="a"), layers.ReLU(name="b")])
        >>> print(model_to_dot(model, dpi=96))
        digraph model {
          graph [rankdir=TB, splines=ortho, dpi=96];
          node [shape=record];
          n0 [label="a (Dense)"];
          n1 [label="b (ReLU)"];
          n0 -> n1;
        }
    """
    if kwargs:
        raise ValueError(f"expected no further arguments, received {', '.join(sorted(kwargs))}")
    choice(rankdir.lower(), "rankdir", tuple(d.lower() for d in DIRECTIONS))
    shown = (show_layer_names, show_layer_activations, show_shapes, show_dtype, show_trainable)
    found = Structure(model, expand_nested)
    lines = ["subgraph cluster_model {" if subgraph else "digraph model {"]
    lines.append(f"  graph [rankdir={rankdir}, splines={splines}, dpi={dpi}];")
    lines.append("  node [shape=record];")
    for i, node in enumerate(found.nodes):
        title, further = label(node, *shown)
        text = title if not further else "{" + "|".join([title, *further]) + "}"
        lines.append(f'  n{i} [label="{_escaped(text)}"];')
    for name in dict.fromkeys(name for group in found.groups for name in group):
        members = "; ".join(f"n{i}" for i, group in enumerate(found.groups) if name in group)
        lines.append(f'  subgraph "cluster_{name}" {{ label="{name}"; {members}; }}')
    lines += [f"  n{a} -> n{b};" for a, b in found.edges]
    return Dot("\n".join([*lines, "}"]))


def _escaped(text):
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("<", "\\<").replace(">", "\\>")
