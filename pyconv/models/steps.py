"""The steps of a model as plans: one for training, one for testing, one for predicting."""

import warnings
from functools import cached_property

from pyconv import core, ops
from pyconv.graph import as_tensor, gradients
from pyconv.graph.node import origin
from pyconv.plan import Function
from pyconv.utils.nest import flatten


class Steps:
    """The plans of one model, which share an arena.

    A training step is one plan: forward, loss, gradients, update and metrics. It takes the arrays
    of x, then of y, then the sample weights that there are, and returns nothing: what it changes
    are variables.

    Args:
        model: the model, built and (but for predictions) compiled.

    Attributes:
        arena: the memory in which they all run.
    """

    def __init__(self, model):
        self._model = model
        self.arena = core.Arena()
        self._functions = {}
        self._last = (None, None, None)  # (step's name, x, a call of its plan) of reused arrays

    def train(self, x, y, weights, reused=False):
        """Runs one training step on lists of arrays; entries of `weights` may be None.

        Args:
            reused: whether the list x means the same arrays, written anew, when it comes again.
        """
        self._has_variables  # noqa: B018 (warns)
        self._run(self._train, x, y, weights, reused)

    @cached_property
    def _has_variables(self):
        """Whether training changes anything; `compile` makes new steps."""
        if self._model.trainable_variables:
            self._model.optimizer.build(self._model.trainable_variables)
            return True
        warnings.warn(
            f"model {self._model.name}: expected weights to train, received none: only loss and "
            "metrics are computed; set `trainable` of a layer and compile again",
            stacklevel=4,
        )
        return False

    def test(self, x, y, weights, reused=False):
        """Updates loss and metrics for a batch, without training; see `train`."""
        self._run(self._test, x, y, weights, reused)

    def predict(self, x, into=None):
        """The list of outputs for a batch, written into these arrays if given."""
        return self.predict_function(*x, into=into)

    @property
    def predict_function(self):
        """The plans of predictions, callable on the arrays of x."""
        if "predict" not in self._functions:
            self._functions["predict"] = Function(self._predict, self.arena)
        return self._functions["predict"]

    def plan(self, x, y=None, weights=()):
        """(function, arrays): what a training step on these lists of arrays calls, or, without y,
        a prediction. Nothing runs.
        """
        if y is None:
            return self.predict_function, tuple(x)
        return self._function(self._train, x, y, weights), _flat(x, y, weights)

    def _run(self, step, x, y, weights, reused):
        name, known, call = self._last
        if reused and known is x and name == step.__name__ and call is not None:
            call()
            return
        function, arrays = self._function(step, x, y, weights), _flat(x, y, weights)
        function(*arrays)
        if reused:
            self._last = (step.__name__, x, function.bound(arrays))

    def _function(self, step, x, y, weights):
        key = (step.__name__, len(x), len(y), tuple([w is not None for w in weights]))
        function = self._functions.get(key)
        if function is None:
            function = self._functions[key] = Function(_unflattened(step, key), self.arena)
        return function

    def _train(self, x, y, weights):
        loss = self._loss(x, y, weights, training=True)
        variables = self._model.trainable_variables
        if variables:
            optimizer = self._model.optimizer
            scale = optimizer.scale_loss(ops.ones_like(loss))
            found = gradients(loss, scale, [as_tensor(v) for v in variables])
            with origin("optimizer"):
                optimizer.apply(found, variables)
        return []

    def _test(self, x, y, weights):
        self._loss(x, y, weights, training=False)
        return []

    def _predict(self, *x):
        return flatten(self._model(self._model.signature.nest_inputs(x), training=False))

    def _loss(self, x, y, weights, training):
        model = self._model
        inputs = model.signature.nest_inputs(x)
        outputs = model(inputs, training=training)
        targets = model.signature.nest_outputs(y) if y else None
        given = any(w is not None for w in weights)
        with origin("loss"):
            loss = model.compute_loss(
                inputs,
                targets,
                outputs,
                model.signature.nest_outputs(weights) if given else None,
                training,
            )
        if loss is None:
            raise ValueError(
                "expected a loss to compute, received none; pass `loss` to compile, or call "
                "add_loss in a layer"
            )
        with origin("metrics"):
            model.track(loss, x, y, flatten(outputs), weights)
        return loss


def _flat(x, y, weights):
    return (*x, *y, *[w for w in weights if w is not None])


def _unflattened(step, key):
    """The step as a function of one flat list of tensors."""
    _, inputs, targets, given = key

    def function(*tensors):
        rest = iter(tensors[inputs + targets :])
        weights = [next(rest) if present else None for present in given]
        return step(tensors[:inputs], tensors[inputs : inputs + targets], weights)

    return function
