"""Places for the nodes of a directed graph without cycles: ranks, orders and coordinates."""

from __future__ import annotations

import numpy as np

SWEEPS = 8


class Layered:
    """A graph in ranks: edges lead from lower to higher ones (Sugiyama, Tagawa and Toda 1981).

    An edge over several ranks gets a waypoint in each, which keeps a lane free for it.

    Args:
        widths: size of each node across.
        edges: pairs of nodes.
        gap: space between neighbours in a rank.
        lane: width of a waypoint.

    Attributes:
        rank: the rank of each node, from 0.
        across: the coordinate of each node's middle in its rank.
        paths: for each edge the coordinates of its waypoints, by rank.

    Example:
        >>> found = Layered([1.0, 1.0, 1.0], [(0, 1), (1, 2), (0, 2)])
        >>> found.rank, [len(path) for path in found.paths]
        ([0, 1, 2], [0, 0, 1])
    """

    def __init__(self, widths, edges, gap=0.3, lane=0.2):
        self.rank = _ranks(len(widths), edges)
        self._widths, self._ranks, self._links, waypoints = list(widths), list(self.rank), [], []
        for a, b in edges:
            waypoints.append(self._waypoints(a, b, lane))
            chain = [a, *waypoints[-1], b]
            self._links += zip(chain, chain[1:], strict=False)
        self._gap = gap
        self._rows = [
            [i for i, r in enumerate(self._ranks) if r == rank]
            for rank in range(max(self._ranks, default=-1) + 1)
        ]
        self._near = [[] for _ in self._ranks]
        for a, b in self._links:
            self._near[a].append(b)
            self._near[b].append(a)
        self._place()
        self.across = [float(x) for x in self._x[: len(widths)]]
        self.paths = [[float(self._x[i]) for i in path] for path in waypoints]

    def _waypoints(self, a, b, lane):
        count = self.rank[b] - self.rank[a] - 1
        first = len(self._ranks)
        self._ranks += [self.rank[a] + 1 + k for k in range(count)]
        self._widths += [lane] * count
        return range(first, first + count)

    def _place(self):
        """Orders ranks by where their neighbours lie, then moves nodes as near to them as fits."""
        self._x = np.zeros(len(self._ranks))
        for row in self._rows:
            self._spread(row, np.arange(len(row), dtype=float))
        for sweep in range(SWEEPS):
            rows = self._rows if sweep % 2 == 0 else self._rows[::-1]
            for row in rows:
                wanted = np.array([self._wanted(i, sweep % 2 == 0) for i in row])
                order = np.argsort(wanted, kind="stable")
                row[:] = [row[k] for k in order]
                self._spread(row, wanted[order])
        for row in self._rows:
            self._spread(row, np.array([self._mean(self._near[i], i) for i in row]))

    def _wanted(self, i, down):
        """The mean of the neighbours that were placed before."""
        return self._mean(
            [j for j in self._near[i] if (self._ranks[j] < self._ranks[i]) == down], i
        )

    def _mean(self, nodes, otherwise):
        return self._x[nodes].mean() if nodes else self._x[otherwise]

    def _spread(self, row, wanted):
        """Coordinates nearest to those wanted, in this order and without overlaps."""
        widths = np.array([self._widths[i] for i in row])
        steps = np.concatenate([[0.0], (widths[1:] + widths[:-1]) / 2 + self._gap])
        self._x[row] = _rising(wanted - np.cumsum(steps)) + np.cumsum(steps)


def _ranks(count, edges):
    """The longest way from a node without incoming edges; inputs right before their first use."""
    before, after = [[] for _ in range(count)], [[] for _ in range(count)]
    for a, b in edges:
        before[b].append(a)
        after[a].append(b)
    ranks = [-1] * count
    pending = [len(nodes) for nodes in before]
    ready = [i for i in range(count) if not pending[i]]
    while ready:
        i = ready.pop()
        ranks[i] = 1 + max((ranks[j] for j in before[i]), default=-1)
        for j in after[i]:
            pending[j] -= 1
            if not pending[j]:
                ready.append(j)
    for i in range(count):
        if not before[i] and after[i]:
            ranks[i] = min(ranks[j] for j in after[i]) - 1
    return ranks


def _rising(values):
    """The sequence that never falls nearest to these values: means of the runs that would."""
    blocks = []
    for value in values:
        blocks.append([value, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            mean, count = blocks.pop()
            total = blocks[-1][1] + count
            blocks[-1] = [(blocks[-1][0] * blocks[-1][1] + mean * count) / total, total]
    return np.concatenate([np.full(count, mean) for mean, count in blocks]) if blocks else values
