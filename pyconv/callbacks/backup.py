"""Training that goes on after it broke off, with the same bits."""

import os
from pathlib import Path

from pyconv.callbacks.callback import Callback
from pyconv.callbacks.checkpoint import Every
from pyconv.callbacks.state_file import read_state, write_state


class BackupAndRestore(Callback):
    """Backs training up; `fit` goes on from a backup that it finds, as if it had never stopped.

    A backup has all that what follows depends on: weights, the optimizer's variables, running
    means, random numbers (of layers, of the global generators, of shuffling), the position in the
    data, and the state of every callback (`Callback.get_state`). It is written after all callbacks
    have been called, and replaces the last one in one step: a process may be killed at any time.
    Batches of iterables and generators are made again up to the position.

    Args:
        backup_dir: directory for backups, of one training only.
        save_freq: "epoch", or the number of batches between two backups.
        double_checkpoint: whether the backup before the last one is kept, too; it is taken where
            the last one is damaged.
        delete_checkpoint: whether backups are deleted when training ends.

    Raises:
        ValueError: `backup_dir` is empty or `save_freq` of another kind.

    Example:
        >>> BackupAndRestore("backup", save_freq=100).save_freq
        100
    """

    def __init__(
        self, backup_dir, save_freq="epoch", double_checkpoint=False, delete_checkpoint=True
    ):
        super().__init__()
        if not backup_dir:
            raise ValueError(f"expected `backup_dir` to be a directory, received {backup_dir!r}")
        self.backup_dir = backup_dir
        self.save_freq = save_freq
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        self._every = Every(save_freq)
        self._latest = Path(os.fspath(backup_dir)) / "latest.state"
        self._previous = self._latest.with_name("previous.state")

    def read(self):
        """The state of the newest backup that is whole, or None without any.

        Raises:
            OSError: there are backups, but all are damaged.
        """
        damage = None
        for path in (self._latest, self._previous):
            try:
                return read_state(path)
            except FileNotFoundError:
                continue
            except OSError as error:
                damage = damage or error
        if damage is not None:
            raise damage
        return None

    def after_batch(self, batch, progress):
        """Backs up after so many batches; called when all callbacks were."""
        if self._every.is_due(batch):
            self._write(progress.get_state())

    def after_epoch(self, progress):
        """Backs up after an epoch; called when all callbacks were."""
        if self.save_freq == "epoch":
            self._write(progress.get_state())

    def get_state(self):
        return {"seen": self._every.seen}

    def set_state(self, state):
        self._every.seen = state["seen"]

    def on_train_end(self, logs=None):
        if self.delete_checkpoint:
            folder = self._latest.parent
            for path in (self._previous, self._latest, *folder.glob(".*.state.*.partial")):
                path.unlink(missing_ok=True)
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()

    def _write(self, state):
        self._latest.parent.mkdir(parents=True, exist_ok=True)
        if self.double_checkpoint and self._latest.exists():
            os.replace(self._latest, self._previous)
        write_state(self._latest, state)
