"""Central differences of a float64 function, and how an op is held against one."""

import numpy as np

from pyconv.graph import as_tensor, gradients
from pyconv.plan import Function


def central_differences(function, inputs, seed, step=1e-5):
    """Gradients of sum(seed * function(*inputs)) with respect to every input, in float64."""
    inputs = [np.array(x, dtype=np.float64) for x in inputs]
    results = []
    for x in inputs:
        result = np.zeros_like(x)
        for i in np.ndindex(x.shape):
            kept = x[i]
            x[i] = kept + step
            above = np.sum(seed * function(*inputs))
            x[i] = kept - step
            below = np.sum(seed * function(*inputs))
            x[i] = kept
            result[i] = (above - below) / (2 * step)
        results.append(result)
    return results


def graph_gradients(op, inputs, seed):
    """(output, gradients) of an op by the graph, as one plan."""

    def traced(seed, *tensors):
        output = op(*tensors)
        flows = gradients(output, seed, list(tensors))
        return [output, *(as_tensor(np.zeros(t.shape)) if f is None else f
                          for f, t in zip(flows, tensors, strict=True))]  # fmt: skip

    arrays = [np.ascontiguousarray(x, np.float32) for x in (seed, *inputs)]
    output, *flows = Function(traced, batched=False)(*arrays)
    return output, flows


def check_op(op, reference, *inputs, tolerance=1e-5, second=True):
    """Value, gradient and second derivative of an op against a float64 function."""
    rng = np.random.default_rng(0)
    inputs = [np.asarray(x, np.float32) for x in inputs]
    expected = np.asarray(reference(*(x.astype(np.float64) for x in inputs)))
    seed = rng.uniform(0.5, 1.5, expected.shape).astype(np.float32)
    output, flows = graph_gradients(op, inputs, seed)
    np.testing.assert_allclose(output, expected, rtol=tolerance, atol=tolerance)
    numeric = central_differences(reference, inputs, seed)
    for flow, number in zip(flows, numeric, strict=True):
        np.testing.assert_allclose(flow, number, rtol=20 * tolerance, atol=20 * tolerance)
    if second:
        _check_second(op, reference, inputs, seed, rng, tolerance)


def _check_second(op, reference, inputs, seed, rng, tolerance):
    """The gradient of <directions, gradient> against differences of differences."""
    directions = [rng.uniform(-1, 1, x.shape).astype(np.float32) for x in inputs]

    def slope(*tensors):
        output = op(*tensors)
        flows = gradients(output, as_tensor(seed), list(tensors))
        parts = [(f * d).sum() for f, d in zip(flows, directions, strict=True) if f is not None]
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        return total

    def numeric_slope(*arrays):
        step = 1e-4
        above = reference(*(a + step * d for a, d in zip(arrays, directions, strict=True)))
        below = reference(*(a - step * d for a, d in zip(arrays, directions, strict=True)))
        return np.sum(seed * (above - below)) / (2 * step)

    _, flows = graph_gradients(slope, inputs, np.float32(1.0))
    numeric = central_differences(numeric_slope, inputs, 1.0, step=1e-3)
    for flow, number in zip(flows, numeric, strict=True):
        np.testing.assert_allclose(flow, number, rtol=5e-3, atol=5e-3)
