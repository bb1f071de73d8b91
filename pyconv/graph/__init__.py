"""Symbolic tensors, primitive nodes and reverse-mode gradients: the road's second stage."""

from pyconv.graph.apply import apply, set_evaluator, standing_for
from pyconv.graph.array import Array, as_array
from pyconv.graph.call import Call, renewed
from pyconv.graph.describing import described
from pyconv.graph.gradient import ZERO, gradients
from pyconv.graph.lending import lent
from pyconv.graph.masks import mask_of, set_mask, unmasked
from pyconv.graph.node import Attributes, Node, Op
from pyconv.graph.tensor import Spec, Tensor, extent, merged, placeholder, row_size
from pyconv.graph.trace import Trace, current_trace, untraced
from pyconv.graph.variable import Variable, as_tensor

__all__ = [
    "ZERO",
    "Array",
    "Attributes",
    "Call",
    "Node",
    "Op",
    "Spec",
    "Tensor",
    "Trace",
    "Variable",
    "apply",
    "as_array",
    "as_tensor",
    "current_trace",
    "described",
    "extent",
    "gradients",
    "lent",
    "mask_of",
    "merged",
    "placeholder",
    "renewed",
    "row_size",
    "set_mask",
    "set_evaluator",
    "standing_for",
    "unmasked",
    "untraced",
]
