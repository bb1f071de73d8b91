"""Logs of epochs in a CSV file."""

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from pyconv.callbacks.callback import Callback


class CSVLogger(Callback):
    """Writes the logs of each epoch as a line of a CSV file.

    Args:
        filename: path of the file.
        separator: between the fields.
        append: whether an existing file goes on; else it is replaced.

    Example:
        >>> CSVLogger("log.csv").sep
        ','
    """

    def __init__(self, filename, separator=",", append=False):
        super().__init__()
        self.filename = os.fspath(filename)
        self.sep = separator
        self.append = append
        self.keys = None
        self.append_header = True
        self.csv_file = None

    def on_train_begin(self, logs=None):
        path = Path(self.filename)
        if self.append and path.exists():
            self.append_header = path.stat().st_size == 0
        self.close()
        self.csv_file = path.open("a" if self.append else "w", newline="")
        self.keys = None

    def on_epoch_end(self, epoch, logs=None):
        import csv

        logs = logs or {}
        writer = csv.writer(self.csv_file, delimiter=self.sep)
        if self.keys is None:
            self.keys = sorted(logs)
            if not any(key.startswith("val_") for key in self.keys):
                self.keys += [f"val_{key}" for key in self.keys]
            if self.append_header:
                writer.writerow(["epoch", *self.keys])
        writer.writerow([epoch, *(_field(logs.get(key, "NA")) for key in self.keys)])
        self.csv_file.flush()

    def on_train_end(self, logs=None):
        self.close()

    def get_state(self):
        """The file's text so far: lines of epochs that are trained again do not come twice."""
        with open(self.filename, newline="") as file:
            return {"text": file.read(), "keys": self.keys, "append_header": self.append_header}

    def set_state(self, state):
        super().set_state({name: state[name] for name in ("keys", "append_header")})
        self.csv_file.seek(0)
        self.csv_file.truncate()
        self.csv_file.write(state["text"])
        self.csv_file.flush()

    def close(self):
        if self.csv_file is not None:
            self.csv_file.close()


def _field(value):
    if isinstance(value, Iterable) and not isinstance(value, str) and np.ndim(value) > 0:
        return f'"[{", ".join(map(str, value))}]"'
    return value
