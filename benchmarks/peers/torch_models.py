"""The models in PyTorch: eager, channels last."""

from __future__ import annotations

import os

import numpy as np
import torch
from torch import nn

from benchmarks.workloads import Workload


class MNIST1D(nn.Sequential):
    def __init__(self, dropout: float):
        layers = []
        for channels in (1, 15, 15):
            layers += [nn.Conv1d(channels, 15, 3, stride=2), nn.ReLU()]
        super().__init__(*layers, nn.Flatten(), nn.Linear(60, 10))


class MNISTConvNet(nn.Module):
    def __init__(self, dropout: float):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3)
        self.conv2 = nn.Conv2d(32, 64, 3)
        self.dropout = nn.Dropout(dropout)
        self.dense = nn.Linear(1600, 10)

    def forward(self, x):
        x = nn.functional.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = nn.functional.max_pool2d(torch.relu(self.conv2(x)), 2)
        x = x.permute(0, 2, 3, 1).flatten(1)  # a view: the memory is channels last
        return self.dense(self.dropout(x))


MODELS = {"mnist1d": MNIST1D, "mnist_convnet": MNISTConvNet}


def configurations() -> list[dict]:
    return [{"threads": t} for t in range(1, len(os.sched_getaffinity(0)) + 1)]


class Peer:
    """See benchmarks.peers."""

    def __init__(self, workload: Workload, dropout: float, threads: int):
        torch.set_num_threads(threads)
        self.description = f"PyTorch {torch.__version__} eager, threads: {threads}"
        self.model = MODELS[workload.name](dropout).to(memory_format=torch.channels_last)
        self.loss = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.SGD(
            self.model.parameters(), workload.learning_rate, workload.momentum
        )

    def set_weights(self, arrays: list[np.ndarray]) -> None:
        kinds = (nn.Conv1d, nn.Conv2d, nn.Linear)
        layers = [m for m in self.model.modules() if isinstance(m, kinds)]
        pairs = zip(arrays[::2], arrays[1::2], strict=True)
        with torch.no_grad():
            for layer, (kernel, bias) in zip(layers, pairs, strict=True):
                layer.weight.copy_(torch.from_numpy(self._weight(kernel)))
                layer.bias.copy_(torch.from_numpy(bias))

    def _weight(self, kernel: np.ndarray) -> np.ndarray:
        """A kernel (..., inputs, outputs) as PyTorch's (outputs, inputs, ...)."""
        if kernel.ndim == 2 and isinstance(self.model, MNIST1D):
            # PyTorch flattens (channels, width), Keras (width, channels)
            kernel = kernel.reshape(4, 15, 10).swapaxes(0, 1).reshape(60, 10)
        axes = (kernel.ndim - 1, kernel.ndim - 2, *range(kernel.ndim - 2))
        return np.ascontiguousarray(kernel.transpose(axes))

    def _input(self, x: np.ndarray) -> torch.Tensor:
        """(n, spatial..., channels) as a view (n, channels, spatial...)."""
        return torch.from_numpy(x).movedim(-1, 1)

    def convert(self, x: np.ndarray, y: np.ndarray):
        return self._input(x), torch.from_numpy(y)

    def train(self, batch) -> float:
        x, y = batch
        self._switch(training=True)
        self.optimizer.zero_grad()
        loss = self.loss(self.model(x), y)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def reset_losses(self) -> None:
        """Each loss is its step's own."""

    def _switch(self, training: bool) -> None:
        if self.model.training != training:
            self.model.train(training)

    def predict(self, x: np.ndarray) -> np.ndarray:
        self._switch(training=False)
        with torch.inference_mode():
            return self.model(self._input(x)).numpy()
