"""Models: layers that can be trained."""

import numpy as np

from pyconv.graph import current_trace, placeholder, set_mask
from pyconv.layers.building import map_shapes
from pyconv.layers.call import CallScope, current_scope
from pyconv.layers.layer import Layer
from pyconv.models.network import Network
from pyconv.models.saveable import Saveable
from pyconv.models.signature import Signature
from pyconv.models.state_tree import StateTree
from pyconv.models.summary import print_summary
from pyconv.models.trainer import Trainer
from pyconv.utils.naming import unique_name
from pyconv.utils.nest import flatten, map_structure
from pyconv.utils.strings import holds_strings


class Model(Saveable, StateTree, Trainer, Layer):
    """A layer with methods for training: made of symbolic inputs and outputs, or a subclass.

    Args:
        inputs: an `Input`, or a list or dict of them.
        outputs: what layers made of them, a tensor, list or dict.
        name: the model's name.
        trainable: whether training changes the weights.
        **kwargs: `dtype` and others of `Layer`.

    A subclass instead makes layers in `__init__` and calls them in `call(inputs, training=None)`.

    Raises:
        TypeError, ValueError: inputs and outputs that are not connected symbolic tensors.

    Example:
        >>> from pyconv.layers import Dense
        >>> from pyconv.models import Input
        >>> x = Input((3,))
        >>> model = Model(x, Dense(2)(x))
        >>> model.count_params()
        8
        >>> model.compile("sgd", "mse")
        >>> history = model.fit([[1.0, 2.0, 3.0]], [[0.0, 1.0]], epochs=2, verbose=0)
        >>> model.predict([[1.0, 2.0, 3.0]], verbose=0).shape
        (1, 2)
    """

    def __init__(self, inputs=None, outputs=None, name=None, trainable=True, **kwargs):
        if (inputs is None) != (outputs is None):
            raise ValueError(
                "expected both `inputs` and `outputs`, or neither in a subclass with `call`, "
                f"received inputs={inputs!r}, outputs={outputs!r}"
            )
        functional = inputs is not None
        if functional and name is None and type(self) is Model:
            name = unique_name("functional")
        Layer.__init__(self, name=name, trainable=trainable, **kwargs)
        self._init_trainer()
        self._signature = None
        self._network = Network(inputs, outputs) if functional else None
        self._layers = list(self._network.layers) if functional else []
        if functional:
            self._signature = Signature(inputs, self._network.returned, self._network.edge)
            self.built = True

    def call(self, inputs, training=None, mask=None):
        """The outputs for the inputs, which get the mask; a subclass without `inputs` and
        `outputs` overrides it."""
        if self._network is None:
            raise NotImplementedError(
                f"model {self.name}: expected {type(self).__name__} to define call(self, inputs), "
                "or inputs and outputs in its constructor"
            )
        attach(mask, inputs)
        return self._network.run(inputs)

    def _noted(self, args, kwargs, masks):
        noted = super()._noted(args, kwargs, masks)
        return masks | noted if self._network and kwargs.keys() == {"training"} else noted

    def _as_input(self, value):
        """Arrays as layers have them; as they are where the edge looks integers up."""
        looked_up = self._signature is not None and self._signature.edge is not None
        return value if looked_up else super()._as_input(value)

    def build(self, input_shape):
        """Makes the weights for inputs of this shape (examples first)."""
        self.built = True
        scope = current_scope()
        if scope is None:
            self._describe(map_shapes(placeholder, input_shape))
        elif scope.layer is not self:  # built by hand; else the call that asked goes on by itself
            self._placed_path()
            if current_trace() is None:  # else its first call makes the weights
                with CallScope(self, None, building=True):
                    self._describe(map_shapes(placeholder, input_shape))

    def _describe(self, inputs):
        self._signature = Signature(inputs, self(inputs))

    def ensure_described(self, x):
        """Builds the model for data like x where that is still to do."""
        if self._signature is None:
            self._describe(map_structure(_like, _as_nest_of_arrays(x)))

    @property
    def signature(self):
        """The model's inputs and outputs; raises ValueError before it is built."""
        if self._signature is None:
            raise ValueError(
                f"model {self.name}: expected a model that knows its inputs, received one that is "
                "not built; start it with Input(shape), or call build(input_shape) or fit"
            )
        return self._signature

    @property
    def _ends(self):
        """The signature as attributes need it: without one they are not there, as in Keras."""
        try:
            return self.signature
        except ValueError as error:
            raise AttributeError(str(error)) from None

    @property
    def inputs(self):
        """The symbolic inputs as a list."""
        return self._ends.input_tensors

    @property
    def outputs(self):
        """The symbolic outputs as a list."""
        return self._ends.output_tensors

    @property
    def input(self):
        """The symbolic inputs as they are nested."""
        return self._ends.nest_inputs(self.inputs)

    @property
    def output(self):
        """The symbolic outputs as they are nested."""
        return self._network.outputs if self._network else self._ends.nest_outputs(self.outputs)

    @property
    def input_shape(self):
        """The input's shape, examples first; a list where there are several."""
        return _one_or_all(self.inputs)

    @property
    def output_shape(self):
        """The output's shape, examples first; a list where there are several."""
        return _one_or_all(self.outputs)

    @property
    def output_names(self):
        """The names of the outputs: those of the layers or ops that make them."""
        return [tensor.history.name for tensor in self.outputs]

    @property
    def layers(self):
        """The model's layers, those nearest to the inputs first."""
        return list(self._layers) if self._network else self._sublayers()

    def get_layer(self, name=None, index=None):
        """A layer by its name or its place in `layers`.

        Raises:
            ValueError: there is none.
        """
        layers = self.layers
        if (name is None) == (index is None):
            raise ValueError("expected either `name` or `index` of a layer")
        if index is not None and -len(layers) <= index < len(layers):
            return layers[index]
        for layer in layers:
            if layer.name == name:
                return layer
        raise ValueError(
            f"model {self.name}: expected a layer among {[layer.name for layer in layers]}, "
            f"received {f'index {index}' if name is None else repr(name)}"
        )

    def summary(
        self,
        line_length=None,
        positions=None,
        print_fn=None,
        expand_nested=False,
        show_trainable=False,
        layer_range=None,
        show_multiply_adds=False,
    ):
        """Prints a table of the layers, their output shapes and numbers of parameters.

        Args:
            line_length: width in characters; by default the terminal's.
            positions: where columns end, as fractions of the width.
            print_fn: takes the whole text instead of the standard output.
            expand_nested: whether layers of nested models are listed.
            show_trainable: whether a column says if training changes a layer.
            layer_range: regular expressions for names of the first and the last layer to show.
            show_multiply_adds: whether a column has the multiply-adds of an example
                (see `utils.cost`), where sizes are known.
        """
        columns = {
            "expand_nested": expand_nested,
            "show_trainable": show_trainable,
            "show_multiply_adds": show_multiply_adds,
        }
        print_summary(self, line_length, positions, print_fn, layer_range, **columns)

    def memory_report(self, batch_size=32):
        """What a training step and a prediction need of memory; plans are made, nothing runs.

        The model keeps one block for its steps, as large as the largest one was, and returns it
        when it is deleted or compiled again. A batch's arrays are the caller's and not counted.

        Args:
            batch_size: examples of a step.

        Returns:
            A report whose `train` (None unless compiled) and `predict` have bytes by purpose,
            `total`, and the `layers` that hold them at the peak; `print` shows tables.

        Raises:
            ValueError: a size of the input is free, or no `batch_size` of at least 1.

        Example:
            >>> from pyconv import Input, Sequential, layers
            >>> model = Sequential([Input((8,)), layers.Dense(4)])
            >>> report = model.memory_report(batch_size=2)
            >>> report.predict.weights, report.train is None
            (144, True)
        """
        from pyconv.analysis.memory import memory_report

        return memory_report(self, batch_size)

    def profile(self, x, y=None, sample_weight=None, steps=10):
        """Where the time of a step goes, op by op, beside what this machine can do.

        Args:
            x: a batch, as `train_on_batch` or `predict_on_batch` take it.
            y, sample_weight: targets and weights: a training step is timed; without y, a
                prediction. Afterwards all variables are what they were.
            steps: how many are timed; the median one is described.

        Returns:
            A profile with `seconds`, `ops`, `by_layer()`, `by_op()` and `roofs`: seconds,
            operations and bytes of each; `print` shows tables, `visualize.roofline` a picture. The
            first one takes some 0.3 s more, to measure the rates of multiply-adds and memory.

        Raises:
            ValueError: data that does not fit the model, or targets without `compile`.

        Example:
            >>> import numpy as np
            >>> from pyconv import Input, Sequential, layers
            >>> model = Sequential([Input((8,)), layers.Dense(4, name="dense")])
            >>> profile = model.profile(np.ones((5, 8)), steps=2)
            >>> [(op.layer, op.op, op.operations) for op in profile.ops]
            [('dense', 'conv_forward', 320)]
        """
        from pyconv.analysis.profile import profile

        return profile(self, x, y, sample_weight, steps)


def attach(mask, inputs) -> None:
    """Attaches masks, nested as the inputs, where there are some."""
    for tensor, one in zip(flatten(inputs), flatten(mask), strict=False):
        if one is not None:
            set_mask(tensor, one)


def _one_or_all(tensors):
    shapes = [tuple(t.shape) for t in tensors]
    return shapes[0] if len(shapes) == 1 else shapes


def _like(array):
    """A symbolic input for batches like this one."""
    dtype = "string" if holds_strings(array) else "float32"
    return placeholder((None, *np.shape(array)[1:]), dtype)


def _as_nest_of_arrays(x):
    """x with lists of numbers, or of rows of numbers, as arrays."""
    if isinstance(x, (list, tuple)) and not any(hasattr(part, "shape") for part in x):
        return np.asarray(x)
    return x
