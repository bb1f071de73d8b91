"""Logs for TensorBoard."""

import os
import time
import warnings
from pathlib import Path

import numpy as np

from pyconv.callbacks.callback import Callback
from pyconv.callbacks.event_writer import EventWriter


class TensorBoard(Callback):
    """Writes logs, distributions of weights and the architecture as event files of TensorBoard, to
    `train` and `validation` below `log_dir`. Needs the package tensorboard.

    Args:
        log_dir: directory.
        histogram_freq: epochs between two histograms of all weights; 0: none.
        write_graph: whether the architecture is written.
        write_images: whether weights are written as pictures, too, with each histogram.
        write_steps_per_second: whether steps per second are written.
        update_freq: "epoch", "batch", or the number of batches between two logs of batches.
        profile_batch: accepted; `Model.profile` says where the time goes.
        embeddings_freq: epochs between two files of weights for the projector; 0: none.
        embeddings_metadata: accepted, without effect.

    Raises:
        ImportError: at the first event, where tensorboard is not installed.

    Example:
        >>> TensorBoard("logs", update_freq="batch").update_freq
        1
    """

    kept = ("_global_train_batch", "_global_test_batch")

    def __init__(
        self,
        log_dir="logs",
        histogram_freq=0,
        write_graph=True,
        write_images=False,
        write_steps_per_second=False,
        update_freq="epoch",
        profile_batch=0,
        embeddings_freq=0,
        embeddings_metadata=None,
    ):
        super().__init__()
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq = histogram_freq
        self.write_graph = write_graph
        self.write_images = write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self.embeddings_freq = embeddings_freq
        self.embeddings_metadata = embeddings_metadata
        self._global_train_batch = self._global_test_batch = 0
        self._writers = {}
        self._begun = (0.0, 0)  # when the epoch began, and the updates until then
        self._batch_begun = 0.0
        if profile_batch:
            warnings.warn("TensorBoard: `profile_batch` has no effect; use model.profile()",
                          stacklevel=2)  # fmt: skip

    def _writer(self, name):
        if name not in self._writers:
            self._writers[name] = EventWriter(Path(self.log_dir) / name)
        return self._writers[name]

    def _writes(self, batch):
        return self.update_freq != "epoch" and batch % self.update_freq == 0

    def on_train_begin(self, logs=None):
        self._global_train_batch = 0
        if self.write_graph:
            try:
                self._writer("train").model(self.model.to_json())
            except (NotImplementedError, TypeError, ValueError) as error:
                warnings.warn(f"TensorBoard: no graph of the model: {error}", stacklevel=2)

    def on_train_end(self, logs=None):
        self.close()

    def close(self):
        for writer in self._writers.values():
            writer.close()
        self._writers = {}

    def on_train_batch_begin(self, batch, logs=None):
        self._global_train_batch += 1
        self._batch_begun = time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        step = self._global_train_batch
        if not self._writes(step):
            return
        writer = self._writer("train")
        if self.write_steps_per_second:
            seconds = time.monotonic() - self._batch_begun
            writer.scalar("batch_steps_per_second", 1.0 / seconds, step)
        for name, value in (logs or {}).items():
            writer.scalar(f"batch_{name}", value, step)

    def on_test_batch_begin(self, batch, logs=None):
        self._global_test_batch += 1

    def on_test_end(self, logs=None):
        if self.model.optimizer is not None:
            for name, value in (logs or {}).items():
                self._writer("validation").scalar(
                    f"evaluation_{name}_vs_iterations", value, self._updates()
                )

    def on_epoch_begin(self, epoch, logs=None):
        self._begun = (time.monotonic(), self._updates())

    def on_epoch_end(self, epoch, logs=None):
        self._write_logs(epoch, logs or {})
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)
        if self.embeddings_freq and epoch % self.embeddings_freq == 0:
            path = Path(self.log_dir) / "train" / f"keras_embedding.ckpt-{epoch}.weights.h5"
            path.parent.mkdir(parents=True, exist_ok=True)
            self.model.save_weights(path)
        for writer in self._writers.values():
            writer.flush()

    def _updates(self):
        return int(self.model.optimizer.iterations)

    def _write_logs(self, epoch, logs):
        logs = {name: value for name, value in logs.items() if np.ndim(value) == 0}
        train = {name: value for name, value in logs.items() if not name.startswith("val_")}
        if self.model.optimizer is not None:
            train["learning_rate"] = float(self.model.optimizer.learning_rate)
        if self.write_steps_per_second:
            begun, updates = self._begun
            seconds = time.monotonic() - begun
            train["steps_per_second"] = (self._updates() - updates) / seconds
        for name, value in train.items():
            self._writer("train").scalar(f"epoch_{name}", value, epoch)
        for name in sorted(logs.keys() - train.keys()):
            self._writer("validation").scalar(
                f"epoch_{name.removeprefix('val_')}", logs[name], epoch
            )

    def _write_weights(self, epoch):
        writer = self._writer("train")
        for weight in (weight for layer in self.model.layers for weight in layer.weights):
            name = weight.path.replace(":", "_")
            writer.histogram(f"{name}/histogram", weight.numpy(), epoch)
            images = _as_images(weight.numpy()) if self.write_images else None
            if images is not None:
                writer.images(f"{name}/image", images, epoch)


def _as_images(weight):
    """A weight as pictures (n, height, width, channels), or None where it is none."""
    weight = np.squeeze(weight)
    if weight.ndim == 1:
        return weight.reshape(1, -1, 1, 1)
    if weight.ndim == 2:
        weight = weight.T if weight.shape[0] > weight.shape[1] else weight
        return weight[None, ..., None]
    if weight.ndim == 3:
        return np.moveaxis(weight, -1, 0)[..., None]
    return weight if weight.ndim == 4 and weight.shape[-1] in (1, 3, 4) else None
