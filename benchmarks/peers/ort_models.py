"""The models in ONNX Runtime, which only predicts; written with onnx.helper, channels first."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from benchmarks.peers import cores
from benchmarks.peers.graph import Call, calls
from benchmarks.workloads import Workload

TRAINS = False
EXACT: dict = {}
OPSET = 17


def configurations(heavy: bool = False) -> list[dict]:
    return [{"threads": t} for t in ((cores(),) if heavy else range(1, cores() + 1))]


def translate(model) -> onnx.ModelProto:
    """A pyconv model as an ONNX one, with its weights."""
    nodes, weights = [], {}
    listed = calls(model)
    for call in listed:
        for node, arrays in _nodes(call):
            nodes.append(node)
            weights |= arrays
    x = _value("x", (model.input_shape[-1], *model.input_shape[1:-1]))
    y = _value(listed[-1].output, model.output_shape[1:])
    initializers = [numpy_helper.from_array(np.ascontiguousarray(v), k) for k, v in weights.items()]
    graph = helper.make_graph(nodes, model.name, [x], [y], initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)


def _value(name: str, shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", *shape])


def _nodes(call: Call) -> Iterator[tuple]:
    """The nodes that a layer is in ONNX, each with its weights; the last one writes the output."""
    activation = getattr(getattr(call.layer, "activation", None), "__name__", "linear")
    own = call.kind != "Activation"
    linear = f"{call.output}_linear" if activation != "linear" and own else call.output
    if own:
        yield from _linear(call, linear)
    if activation != "linear" or not own:
        op = {"relu": "Relu", "sigmoid": "Sigmoid", "linear": "Identity"}[activation]
        yield _node(op, [linear if own else call.inputs[0]], call.output), {}


def _node(op: str, inputs, output: str, **attributes):
    return helper.make_node(op, list(inputs), [output], **attributes)


def _linear(call: Call, output: str) -> Iterator[tuple]:
    """The nodes of a layer without its activation."""
    layer, kind, name = call.layer, call.kind, call.output
    if kind.startswith(("Conv", "DepthwiseConv")):
        kernel, *bias = layer.get_weights()
        depthwise = kind.startswith("Depthwise")
        if depthwise:
            kernel = kernel.reshape(*kernel.shape[:-2], 1, -1)
        kernel = kernel.transpose(kernel.ndim - 1, kernel.ndim - 2, *range(kernel.ndim - 2))
        arrays = {f"{name}.w": kernel} | {f"{name}.b": b for b in bias}
        yield (
            _node(
                "Conv",
                [call.inputs[0], *arrays],
                output,
                group=call.input_shape[-1] if depthwise else layer.groups,
                dilations=layer.dilation_rate,
                **_window(call),
            ),
            arrays,
        )
    elif kind == "Dense":
        kernel, *bias = layer.get_weights()
        arrays = {f"{name}.w": kernel} | {f"{name}.b": b for b in bias}
        yield _node("Gemm", [call.inputs[0], *arrays], output), arrays
    elif kind == "BatchNormalization":
        words = ("gamma", "beta", "mean", "variance")
        arrays = {f"{name}.{w}": v for w, v in zip(words, layer.get_weights(), strict=True)}
        node = _node("BatchNormalization", [call.inputs[0], *arrays], output, epsilon=layer.epsilon)
        yield node, arrays
    elif kind.startswith(("MaxPooling", "AveragePooling")):
        op = "MaxPool" if kind.startswith("Max") else "AveragePool"
        yield _node(op, call.inputs, output, **_window(call)), {}
    elif kind == "ReLU" and layer.max_value is not None:
        arrays = {f"{name}.0": np.float32(0), f"{name}.6": np.float32(layer.max_value)}
        yield _node("Clip", [*call.inputs, *arrays], output), arrays
    elif kind == "Flatten" and len(call.input_shape) > 1:
        last = [0, *range(2, len(call.input_shape) + 1), 1]
        yield _node("Transpose", call.inputs, f"{name}_last", perm=last), {}
        yield _node("Flatten", [f"{name}_last"], output), {}
    elif kind == "GlobalAveragePooling2D" and not layer.keepdims:
        yield _node("GlobalAveragePool", call.inputs, f"{name}_maps"), {}
        yield _node("Flatten", [f"{name}_maps"], output), {}
    elif kind in _SIMPLE:
        op, attributes = _SIMPLE[kind]
        yield _node(op, call.inputs, output, **attributes), {}
    else:
        raise ValueError(f"expected a layer that ONNX Runtime's peer knows, received {kind}")


_SIMPLE = {
    "Add": ("Add", {}),
    "Concatenate": ("Concat", {"axis": 1}),
    "Dropout": ("Identity", {}),
    "Flatten": ("Flatten", {}),
    "GlobalAveragePooling2D": ("GlobalAveragePool", {}),
    "ReLU": ("Relu", {}),
    "Reshape": ("Flatten", {}),  # of one pixel
}


def _window(call: Call) -> dict:
    before, after = zip(*call.pads, strict=True)
    return {"kernel_shape": call.size, "strides": call.strides, "pads": [*before, *after]}


class Peer:
    """See benchmarks.peers."""

    def __init__(self, workload: Workload, dropout: float, threads: int):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        model = translate(workload.model(dropout)).SerializeToString()
        self.session = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"]
        )
        self.description = f"ONNX Runtime {onnxruntime.__version__}, threads: {threads}"

    def convert_input(self, x: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(np.moveaxis(x, -1, 1))

    def predict(self, x) -> np.ndarray:
        return self.session.run(None, {"x": x})[0]
