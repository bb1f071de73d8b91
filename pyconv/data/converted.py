"""Batches whose inputs are converted on their way."""

from pyconv.data.passes import Batches


class ConvertedBatches(Batches):
    """The batches of another source, with a function of their inputs in place of these.

    Args:
        source: the `Batches`.
        convert: (list of arrays) -> list of arrays.
    """

    def __init__(self, source, convert):
        self._source = source
        self._convert = convert
        self.rows = source.rows

    @property
    def steps(self):
        return self._source.steps

    def restart(self):
        self._source.restart()

    def get_state(self):
        return self._source.get_state()

    def set_state(self, state):
        self._source.set_state(state)

    def joined(self, parts):
        return self._source.joined(parts)

    def epoch(self, skip=0):
        """Yields (x, y, weights), but the first `skip` of them."""
        for x, y, weights in self._source.epoch(skip):
            yield self._convert(x), y, weights
