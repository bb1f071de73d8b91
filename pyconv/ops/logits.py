"""From probabilities back to the logits that they were made of."""

from __future__ import annotations

import warnings

from pyconv.graph import Tensor, standing_for
from pyconv.ops.activation import Softmax
from pyconv.ops.elementwise import Unary

_ACTIVATIONS = {Softmax(): "softmax", Unary("sigmoid"): "sigmoid"}


def logits_behind(output, from_logits: bool):
    """The logits of outputs, or None where only probabilities are known.

    The softmax or sigmoid that made a symbolic tensor, or an array that a tape knows, is undone by
    taking its input, so that the loss is exact and its gradient is not clipped. As in Keras, it is
    undone whichever of the two the loss goes with: binary_crossentropy behind a softmax takes the
    sigmoid of the logits.
    """
    tensor = output if isinstance(output, Tensor) else getattr(output, "tensor", None)
    node = None if tensor is None else tensor.node
    activation = node and _ACTIVATIONS.get(node.op)
    if activation and from_logits:
        warnings.warn(
            f"the loss has from_logits=True, but the outputs come from a {activation}; expected "
            f"logits: remove the {activation} or from_logits=True",
            stacklevel=3,
        )
    if activation:
        return node.inputs[0] if tensor is output else standing_for(node.inputs[0])
    return output if from_logits else None
