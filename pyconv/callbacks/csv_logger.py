"""Logs of epochs in a CSV file."""

from pathlib import Path

from pyconv.callbacks.callback import Callback


class CSVLogger(Callback):
    """Writes the logs of each epoch as a line of a CSV file.

    Args:
        filename: path of the file.
        separator: between the fields.
        append: whether an existing file goes on; else it is replaced.

    Example:
        >>> CSVLogger("log.csv").separator
        ','
    """

    def __init__(self, filename, separator=",", append=False):
        super().__init__()
        self.filename = Path(filename)
        self.separator = separator
        self.append = append
        self._file = self._keys = None

    def on_train_begin(self, logs=None):
        import csv

        has_header = self.append and self.filename.exists() and self.filename.stat().st_size > 0
        self._file = self.filename.open("a" if self.append else "w", newline="")
        self._writer = csv.writer(self._file, delimiter=self.separator)
        self._keys = None
        self._header = not has_header

    def on_epoch_end(self, epoch, logs=None):
        if self._keys is None:
            self._keys = sorted(logs)
            if self._header:
                self._writer.writerow(["epoch", *self._keys])
        self._writer.writerow([epoch, *(logs.get(key, "NA") for key in self._keys)])
        self._file.flush()

    def close(self):
        if self._file is not None:
            self._file.close()
