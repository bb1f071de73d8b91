"""The models in PyTorch: eager, channels last."""

from __future__ import annotations

import operator

import numpy as np
import torch
from torch import fx, nn

from benchmarks.peers import cores
from benchmarks.peers.graph import Call, calls
from benchmarks.workloads import Workload

TRAINS = True
EXACT = {"exact": True}


def configurations(heavy: bool = False) -> list[dict]:
    return [{"threads": t} for t in ((cores(),) if heavy else range(1, cores() + 1))]


def translate(model, exact: bool) -> fx.GraphModule:
    """A pyconv model as PyTorch code, with its weights.

    Args:
        exact: whether zeros are put where "same" wants one more after than before, which costs
            PyTorch a copy of the maps; else a convolution has as many on both sides, which costs
            nothing and gives maps of the same size.
    """
    graph, root = fx.Graph(), nn.Module()
    values = {"x": graph.placeholder("x")}
    for call in calls(model):
        inputs = tuple(values[name] for name in call.inputs)
        for name, part in _parts(call, exact):
            if isinstance(part, nn.Module):
                root.add_module(name, part)
                inputs = (graph.call_module(name, inputs),)
            else:
                inputs = (graph.call_function(part, inputs),)
        values[call.output] = inputs[0]
    graph.output(values[call.output])
    return fx.GraphModule(root, graph).to(memory_format=torch.channels_last)


def _parts(call: Call, exact: bool):
    """The modules and functions, by name, that a layer is in PyTorch."""
    kind, name = call.kind, call.output
    if kind.startswith(("Conv", "DepthwiseConv")):
        yield from _convolution(call, exact)
    elif kind == "Dense":
        yield name, _filled(nn.Linear(call.input_shape[-1], call.layer.units), call.layer)
    elif kind in _PARTS:
        yield name, _PARTS[kind](call)
    else:
        raise ValueError(f"expected a layer that PyTorch's peer knows, received {kind}")
    activation = getattr(getattr(call.layer, "activation", None), "__name__", "linear")
    if activation != "linear":
        yield f"{name}_{activation}", _ACTIVATIONS[activation]()


def _convolution(call: Call, exact: bool):
    layer, pads = call.layer, call.pads
    uneven = any(a != b for a, b in pads)
    if uneven and exact:
        flat = [n for pair in reversed(pads) for n in pair]
        yield f"{call.output}_pad", (nn.ZeroPad1d if len(pads) == 1 else nn.ZeroPad2d)(flat)
    depthwise = call.kind.startswith("Depthwise")
    channels = call.input_shape[-1]
    conv = getattr(nn, f"Conv{len(pads)}d")(
        channels,
        channels * layer.depth_multiplier if depthwise else layer.filters,
        call.size,
        call.strides,
        0 if uneven and exact else tuple(max(pair) for pair in pads),
        layer.dilation_rate,
        channels if depthwise else layer.groups,
        layer.use_bias,
    )
    yield call.output, _filled(conv, layer)


def _filled(module: nn.Module, layer) -> nn.Module:
    """The module with a layer's kernel (..., inputs, outputs) and bias."""
    kernel, *bias = layer.get_weights()
    if type(layer).__name__.startswith("Depthwise"):
        kernel = kernel.reshape(*kernel.shape[:-2], 1, -1)
    axes = (kernel.ndim - 1, kernel.ndim - 2, *range(kernel.ndim - 2))
    with torch.no_grad():
        module.weight.copy_(torch.from_numpy(np.ascontiguousarray(kernel.transpose(axes))))
        for b in bias:
            module.bias.copy_(torch.from_numpy(b))
    return module


def _normalization(call: Call) -> nn.Module:
    layer = call.layer
    kind = getattr(nn, f"BatchNorm{max(len(call.input_shape) - 1, 1)}d")
    module = kind(call.input_shape[-1], layer.epsilon, 1 - layer.momentum)
    targets = (module.weight, module.bias, module.running_mean, module.running_var)
    with torch.no_grad():
        for target, value in zip(targets, layer.get_weights(), strict=True):
            target.copy_(torch.from_numpy(value))
    return module


def _pool(call: Call) -> nn.Module:
    if any(a != b for a, b in call.pads):
        raise ValueError(f"expected pooling with as many zeros on both sides, received {call}")
    padding = tuple(a for a, _ in call.pads)
    if "Max" in call.kind:
        return getattr(nn, f"MaxPool{len(padding)}d")(call.size, call.strides, padding)
    kind = getattr(nn, f"AvgPool{len(padding)}d")
    return kind(call.size, call.strides, padding, count_include_pad=False)


def _relu(call: Call) -> nn.Module:
    return nn.ReLU() if call.layer.max_value is None else nn.Hardtanh(0.0, call.layer.max_value)


def flatten_channels_last(x):
    """(n, channels, spatial...) -> (n, all): a view where memory is channels last."""
    return x.movedim(1, -1).flatten(1)


def average(x):
    """The mean over the spatial axes."""
    return x.mean(tuple(range(2, x.ndim)))


def average_keeping(x):
    """The mean over the spatial axes, which stay."""
    return x.mean(tuple(range(2, x.ndim)), keepdim=True)


def concatenate(*tensors):
    """Channels side by side."""
    return torch.cat(tensors, 1)


for _function in (flatten_channels_last, average, average_keeping, concatenate):
    fx.wrap(_function.__name__)

_ACTIVATIONS = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid}
_PARTS = {
    "Activation": lambda call: nn.Identity(),
    "Add": lambda call: operator.add,
    "AveragePooling1D": _pool,
    "AveragePooling2D": _pool,
    "BatchNormalization": _normalization,
    "Concatenate": lambda call: concatenate,
    "Dropout": lambda call: nn.Dropout(call.layer.rate),
    "Flatten": lambda call: flatten_channels_last,
    "GlobalAveragePooling2D": lambda call: average_keeping if call.layer.keepdims else average,
    "MaxPooling1D": _pool,
    "MaxPooling2D": _pool,
    "ReLU": _relu,
    "Reshape": lambda call: flatten_channels_last,  # of one pixel
}


class Peer:
    """See benchmarks.peers."""

    def __init__(self, workload: Workload, dropout: float, threads: int, exact: bool = False):
        torch.set_num_threads(threads)
        self.threads = threads
        self.description = f"PyTorch {torch.__version__} eager, threads: {threads}"
        self.model = self.call = translate(workload.model(dropout), exact)
        self.loss = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.SGD(
            self.model.parameters(), workload.learning_rate, workload.momentum
        )

    def convert_input(self, x: np.ndarray) -> torch.Tensor:
        """(n, spatial..., channels) as a view (n, channels, spatial...)."""
        return torch.from_numpy(x).movedim(-1, 1)

    def convert(self, x: np.ndarray, y: np.ndarray):
        return self.convert_input(x), torch.from_numpy(y)

    def train(self, batch) -> float:
        x, y = batch
        self._switch(training=True)
        self.optimizer.zero_grad()
        loss = self.loss(self.call(x), y)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def reset_losses(self) -> None:
        """Each loss is its step's own."""

    def _switch(self, training: bool) -> None:
        if torch.get_num_threads() != self.threads:
            torch.set_num_threads(self.threads)
        if self.model.training != training:
            self.model.train(training)

    def predict(self, x) -> np.ndarray:
        self._switch(training=False)
        with torch.inference_mode():
            return self.call(x).numpy()
