"""The steps of a model as plans: one for training, one for testing, one for predicting."""

import warnings
from functools import cache, cached_property

import numpy as np

from pyconv import core
from pyconv.data.packing import pack_x_y_sample_weight
from pyconv.graph import as_array
from pyconv.metrics.pending import Pending
from pyconv.models.known import Known
from pyconv.plan import Function
from pyconv.utils.nest import flatten, map_structure


class Steps:
    """The plans of one model, which share an arena.

    A training step is one plan: forward, loss, gradients, update and metrics, as the model's
    `train_step` describes it. It takes the arrays of x, then of y, then the sample weights that
    there are; what it changes are variables. A step that a model overrides takes the data as they
    were fed, for numbers of examples that are known. Where the model runs eagerly there are no
    plans: the methods are called on arrays.

    Args:
        model: the model, built and (but for predictions) compiled.

    Attributes:
        arena: the memory in which they all run.
        nests: how the data of a step that the model overrides are nested, by the number of arrays.
    """

    def __init__(self, model):
        self._model = model
        self.arena = core.Arena()
        self.nests = {}
        self._functions = {}
        self._last = (None,) * 4  # (step's name, x, function, a call of its plan) of reused arrays
        self._known = {}  # by the step's name, see `Known`
        self._own_metrics = self._named_metrics = None
        self._outcome = (None, ())  # the function that ran last and what it returned

    def train(self, x, y, weights, reused=False):
        """Runs one training step on lists of arrays; entries of `weights` may be None.

        Args:
            reused: whether the list x means the same arrays, written anew, when it comes again.
        """
        self._can_train  # noqa: B018 (warns)
        self._run("train_step", x, y, weights, reused)

    @cached_property
    def _can_train(self):
        """Whether training changes anything, or is the model's own; `compile` makes new steps."""
        if overrides(self._model, "train_step"):
            return True
        if self._model.trainable_variables:
            self._model.optimizer.build(self._model.trainable_variables)
            return True
        warnings.warn(
            f"model {self._model.name}: expected weights to train, received none: only loss and "
            "metrics are computed; set `trainable` of a layer and compile again",
            stacklevel=4,
        )
        return False

    def own_metrics(self):
        """The model's metrics that are attributes; once a step was made they are known for good."""
        if self._own_metrics is not None:
            return self._own_metrics
        found = self._model._own_metrics()
        if self._outcome[0] is not None:
            self._own_metrics = found
        return found

    def named_metrics(self):
        """The model's pairs (key in logs, metric), kept while one step runs again and again."""
        if self._named_metrics is None or self._outcome[0] is None:
            self._named_metrics = self._model._named_metrics()
        return self._named_metrics

    def known(self, name, given):
        """(`Known` step, arrays that it reads) where a step has run on arrays that look like those
        that are given; else None."""
        known = self._known.get(name)
        arrays = known and known.arrays(given)
        return arrays and (known, arrays)

    def learn(self, name, given, x, y=(), weights=()):
        """Keeps what a step on these lists of arrays needs, for others that are given likewise."""
        function = self._function(name, x, y, weights)
        if isinstance(function, TracedStep) and function.batched and not function.choices:
            self._known[name] = Known(function, given, (*x, *y))

    def repeat(self, known, arrays):
        """Runs a training or test step on what `known` found."""
        self._note(known.function, known.run(arrays))

    def test(self, x, y, weights, reused=False):
        """Updates loss and metrics for a batch, without training; see `train`."""
        self._run("test_step", x, y, weights, reused)

    def predict(self, x, into=None):
        """The list of outputs for a batch, written into these arrays if given."""
        return self.predict_function(*x, into=into)

    def logs(self):
        """What the last step returned, nested as it was; `flat_logs` makes it plain."""
        function, results = self._outcome
        return function.logs(results) if function else self._model.get_metrics_result()

    def total_logs(self):
        """The logs of all steps since metrics were reset: what the metrics say, or, where the step
        returned others, the last step's."""
        logs, of_metrics = self.logs(), self._model.get_metrics_result()
        return of_metrics if logs.keys() == of_metrics.keys() else logs

    @property
    def predict_function(self):
        """The plans of predictions, callable on the arrays of x."""
        return self._function("predict_step", (), (), ())

    def nest_outputs(self, flat):
        """The outputs of predictions as the model nests them."""
        if overrides(self._model, "predict_step"):
            return _nested(self.predict_function.returned, flat)
        return self._model.signature.nest_outputs(flat)

    def plan(self, x, y=None, weights=()):
        """(function, arrays): what a training step on these lists of arrays calls, or, without y,
        a prediction. Nothing runs.
        """
        if y is None:
            return self.predict_function, tuple(x)
        return self._function("train_step", x, y, weights), _flat(x, y, weights)

    def _run(self, name, x, y, weights, reused):
        last, known, function, call = self._last
        if reused and known is x and last == name and call is not None:
            self._outcome = (function, call())
            return
        function, arrays = self._function(name, x, y, weights), _flat(x, y, weights)
        self._note(function, function(*arrays))
        if reused:
            self._last = (name, x, function, function.bound(arrays))

    def _note(self, function, results):
        """Notes the outcome of a training or test step."""
        if function is not self._outcome[0]:
            self._named_metrics = None  # a step that is new may have brought some
        self._outcome = (function, results)

    def _function(self, name, x, y, weights):
        given = () if name == "predict_step" else tuple([w is not None for w in weights])
        nest = repr(self.nests[len(x)]) if len(x) in self.nests else ""
        key = (name, len(x), len(y), given, nest)
        function = self._functions.get(key)
        if function is None:
            function = self._functions[key] = self._made(name, len(y), given)
        return function

    def _made(self, name, targets, given):
        own = overrides(self._model, name)
        packed = self._as_fed if own else lambda arrays: self._packed(arrays, targets, given)
        step = getattr(self._model, name)
        if self._model.run_eagerly:
            return EagerStep(step, packed)
        return TracedStep(step, packed, self.arena, batched=not own)

    def _as_fed(self, arrays):
        """The data of a step that the model overrides."""
        return _nested(self.nests[len(arrays)], arrays)

    def _packed(self, arrays, targets, given):
        """The data of a step that it does not override, nested as its inputs and outputs."""
        signature = self._model.signature
        count = len(signature.plan_inputs)
        x, y, rest = (
            arrays[:count],
            arrays[count : count + targets],
            iter(arrays[count + targets :]),
        )
        weights = [next(rest) if there else None for there in given]
        return pack_x_y_sample_weight(
            signature.nest_plan_inputs(x),
            signature.nest_outputs(y) if y else None,
            signature.nest_outputs(weights) if any(given) else None,
        )


class TracedStep(Function):
    """A step as plans.

    Args:
        step: takes data and returns logs, or outputs.
        packed: (flat tensors) -> the data.
        arena, batched: see `Function`.

    Attributes:
        returned: what the step returned, with the places of tensors in what the plan returns.
    """

    def __init__(self, step, packed, arena, batched):
        super().__init__(self._trace, arena, batched, concrete=True)
        self._step = step
        self._packed = packed
        self.returned = None

    def _trace(self, *tensors):
        tensors_out = []

        def place(value):
            if value is None or isinstance(value, Pending):
                return value
            tensors_out.append(value)
            return Place(len(tensors_out) - 1)

        self.returned = map_structure(place, self._step(self._packed(tensors)))
        return tensors_out

    def logs(self, results):
        """What the step returned, with values in place of tensors."""

        def value(x):
            return results[x] if isinstance(x, Place) else x.result() if x is not None else x

        return {
            key: x.result() if isinstance(x, Pending) else map_structure(value, x)
            for key, x in _checked(self.returned).items()
        }


class Place(int):
    """The place of a tensor in what a plan returns."""


class EagerStep:
    """A step that is called on arrays, for models that run eagerly; see `TracedStep`."""

    by_example = False

    def __init__(self, step, packed):
        self._step = step
        self._packed = packed
        self.returned = None

    def __call__(self, *arrays, into=None):
        self.returned = self._step(self._packed([as_array(np.array(a)) for a in arrays]))
        return [np.asarray(value) for value in flatten(self.returned)]

    def bound(self, arrays):
        """There is no plan."""

    def executable(self, arrays):
        """What says that results are not known by example."""
        return self

    def logs(self, results):
        return _checked(self.returned)


def overrides(model, name):
    """Whether a model has a step of its own."""
    return getattr(type(model), name) is not getattr(_trainer(), name)


@cache
def _trainer():
    from pyconv.models.trainer import Trainer

    return Trainer


def _checked(logs):
    """What a step of the model's own returned.

    Raises:
        TypeError: not a dict.
    """
    if logs is not None and not isinstance(logs, dict):
        raise TypeError(
            f"expected a step to return a dict from names to values, received {logs!r}; return for "
            "example {'loss': loss}"
        )
    return logs or {}


def _flat(x, y, weights):
    return (*x, *y, *[w for w in weights if w is not None])


def _nested(structure, flat):
    """The flat values as a nest, in place of whatever is not None."""
    rest = iter(flat)
    return map_structure(lambda x: x if x is None else next(rest), structure)
