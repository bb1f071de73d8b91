"""From a graph and shapes to op records: lowering, fusion, memory, and the cache of plans."""

from pyconv import graph
from pyconv.plan.function import Function, evaluate

graph.set_evaluator(evaluate)

__all__ = ["Function", "evaluate"]
