"""Every op on variables that a tape watches has the gradient that it has in a graph."""

import numpy as np
import pytest

from pyconv import GradientTape, Variable, ops
from pyconv.graph import as_tensor, gradients
from pyconv.plan import Function
from pyconv.utils.nest import flatten
from tests.peers.keras_ops import ARRAYS_ONLY, CASES


def listed(results):
    return flatten(list(results) if isinstance(results, (list, tuple)) else results)


def floating(values):
    """The places of float32 arrays."""
    return [i for i, x in enumerate(values) if getattr(x, "dtype", None) == "float32"]


def differentiable(name):
    """(arguments, keywords) of the first case of floats in and out, or None."""
    for args, kwargs in CASES[name]:
        if floating(args) and floating(listed(getattr(ops, name)(*args, **kwargs))):
            return args, kwargs
    return None


@pytest.mark.parametrize("name", [name for name in CASES if name not in ARRAYS_ONLY])
def test_tape_and_graph(name):
    case = differentiable(name)
    if case is None:
        return
    args, kwargs = case
    places, outputs = floating(args), floating(listed(getattr(ops, name)(*args, **kwargs)))

    def total(values):
        own = list(args)
        for place, value in zip(places, values, strict=True):
            own[place] = value
        results = listed(getattr(ops, name)(*own, **kwargs))
        return ops.sum(ops.stack([ops.sum(results[i] * (results[i] + 2.0)) for i in outputs]))

    def slopes(*values):
        flows = gradients(total(values), as_tensor(np.float32(1)), list(values))
        pairs = zip(flows, values, strict=True)
        return [as_tensor(np.zeros(v.shape)) if flow is None else flow for flow, v in pairs]

    expected = Function(slopes, batched=False)(*(np.ascontiguousarray(args[i]) for i in places))
    variables = [Variable(args[i]) for i in places]
    with GradientTape() as tape:
        loss = total(variables)
    for flow, other in zip(tape.gradient(loss, variables), expected, strict=True):
        flow = np.zeros(other.shape) if flow is None else flow
        np.testing.assert_allclose(flow, other, rtol=1e-4, atol=1e-5)
