"""Models that are a chain of layers."""

from numbers import Integral

from pyconv import dtype_policies
from pyconv.graph import Tensor, current_trace, placeholder, untraced
from pyconv.layers.call import current_scope
from pyconv.layers.core import Input, InputLayer
from pyconv.layers.layer import Layer
from pyconv.models.edge import Passed
from pyconv.models.model import Model, attach
from pyconv.models.network import Network
from pyconv.models.signature import Signature
from pyconv.utils.naming import unique_name


class Sequential(Model):
    """A chain of layers, each with one input and one output.

    It is built at once when it begins with an `Input`, a first layer with `input_shape` or a model
    that knows its input, else with the first data.

    Args:
        layers: list of layers, the first possibly an `Input`.
        trainable: whether training changes the weights.
        name: the model's name.

    Raises:
        ValueError: something is not a layer, or two layers share a name.

    Example:
        >>> from pyconv.layers import Dense, Input
        >>> model = Sequential([Input((3,)), Dense(4, activation="relu"), Dense(2)])
        >>> model.output_shape, model.count_params()
        ((None, 2), 26)
    """

    def __init__(self, layers=None, trainable=True, name=None):
        super().__init__(name=name, trainable=trainable)
        self._entrance = None  # the InputLayer
        self._chain = []  # what each layer returned while the model was described
        for layer in layers or ():
            self.add(layer, rebuild=False)
        self._take_name()

    def add(self, layer, rebuild=True):
        """Puts a layer at the end of the chain.

        Args:
            layer: a layer, or an `Input` as the first one.
            rebuild: whether later models are numbered as after a build in Keras.
        """
        if isinstance(layer, Tensor) and layer.layer is not None:
            layer = layer.layer
        if isinstance(layer, InputLayer):
            self._check_first(layer)
            self._entrance = layer
            return
        if not isinstance(layer, Layer):
            raise ValueError(
                f"model {self.name}: expected a layer to add, received {layer!r} of type "
                f"{type(layer).__name__}"
            )
        if any(layer.name == other.name for other in self._layers):
            raise ValueError(
                f"model {self.name}: expected layers with different names, received a second "
                f"{layer.name!r}; give it another `name`"
            )
        if not self._layers and self._entrance is None and layer.declared_input_shape is not None:
            self._entrance = Input(layer.declared_input_shape).layer
        self._layers.append(layer)
        try:
            self._extend()
        except Exception:
            self._layers.pop()
            raise
        if rebuild:
            self._take_name()

    def pop(self, rebuild=True):
        """Removes the last layer and returns it.

        Args:
            rebuild: whether later models are numbered as after a build in Keras.
        """
        if not self._layers:
            raise IndexError(f"model {self.name}: expected a layer to remove, there is none")
        layer = self._layers.pop()
        del self._chain[len(self._layers) :]
        self._extend()
        if rebuild:
            self._take_name()
        return layer

    def _check_first(self, entrance):
        if self._entrance is not None or self._layers:
            raise ValueError(
                f"model {self.name}: expected an Input only once, as the first entry, received "
                f"{entrance.name} after {len(self._layers)} layers"
            )

    def _take_name(self):
        """Takes the name that Keras gives the functional model within, at each build, so that later
        models are called as in Keras."""
        if self.built:
            unique_name("functional")

    def _extend(self):
        """Calls the layers that have not been called yet, where the input is known."""
        self._forget_steps()
        if self._entrance is None and len(self._layers) > 1:
            self._entrance = _entrance_of(self._layers[0])
        if self._entrance is None:
            return
        for layer in self._layers[len(self._chain) :]:
            if not layer.built:
                layer.path = f"{self.path}/{layer.name}"
            self._chain.append(layer(self._chain[-1] if self._chain else self._entrance.output))
        self.built = bool(self._layers)
        if self.built:
            ends = self._entrance.output, self._chain[-1]
            self._signature = Signature(*ends, Network(*ends).edge)

    def ensure_described(self, x):
        if self._signature is not None:
            return
        listed = isinstance(x, (list, tuple)) and len(x) > 1
        if listed and all(hasattr(part, "shape") for part in x):
            self._describe(placeholder((None, *_common_sizes([tuple(a.shape) for a in x]))))
        super().ensure_described(x)

    def _describe(self, inputs):
        self._entrance = Input(batch_shape=inputs.shape, dtype=inputs.dtype).layer
        self._extend()
        self._take_name()

    def _describe_for_call(self, input_shape):
        """Describes the chain for a call that has begun; what cannot be described is only called.

        What this adds to losses the call adds again.
        """
        shape = tuple(input_shape)
        if not all(size is None or isinstance(size, Integral) for size in shape):
            return
        shape = shape if current_trace() is None else (None, *shape[1:])
        try:
            with untraced():
                self._describe(placeholder(shape))
        except Exception:
            self._entrance, self._chain = None, []
        self._forget_losses()

    def build(self, input_shape=None):
        """Makes the weights for inputs of this shape (examples first); nothing for None.

        Raises:
            ValueError: the model is built for another shape.
        """
        scope = current_scope()
        if self._entrance is None and input_shape is not None:
            super().build(input_shape)
            if scope is not None and scope.layer is self and type(self).call is Sequential.call:
                self._describe_for_call(input_shape)
        elif input_shape is not None and tuple(input_shape)[1:] != self._entrance.batch_shape[1:]:
            raise ValueError(
                f"model {self.name}: expected the input shape {self._entrance.batch_shape} that it "
                f"is built for, received {tuple(input_shape)}; make a new model for it"
            )

    def call(self, inputs, training=None, mask=None):
        """The last layer's output for the inputs, which get the mask."""
        layers = self._layers
        if isinstance(inputs, Passed):
            (inputs,), layers = inputs, layers[len(self._signature.edge.steps) :]
        attach(mask, inputs)
        for layer in layers:
            inputs = layer(inputs)
        return inputs

    @property
    def input(self):
        """The symbolic input of the first call that described a model, else the chain's own."""
        return Layer.input.fget(self) if self._records.first_call else super().input

    @property
    def output(self):
        """The symbolic output of that call."""
        return Layer.output.fget(self) if self._records.first_call else super().output

    @property
    def layers(self):
        """The layers in order, without the input."""
        return list(self._layers)

    def get_config(self):
        """The layers in order, the input first."""
        from pyconv.saving import serialize_keras_object

        chain = [self._entrance, *self._layers] if self._entrance else self._layers
        dtype = dtype_policies.serialize(self.dtype_policy)
        config = {"name": self.name, "trainable": self.trainable, "dtype": dtype}
        config["layers"] = [serialize_keras_object(layer) for layer in chain]
        if self._entrance is not None:
            config["build_input_shape"] = self._entrance.batch_shape
        return config

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """The model that `get_config` described, with new weights; see `Model.from_config`."""
        from pyconv.saving import deserialize_keras_object

        if not {"name", "layers"} <= config.keys():
            raise ValueError(
                f"expected a config with the keys 'name' and 'layers', received {list(config)}"
            )
        model = cls(name=config["name"])
        for layer in config["layers"]:
            model.add(deserialize_keras_object(layer, custom_objects))
        if not model.built and config.get("build_input_shape"):
            model.build_from_config({"input_shape": config["build_input_shape"]})
        model._trainable = config.get("trainable") is not False
        return model

    def get_build_config(self):
        """The shape of the input, examples first; None before it is known."""
        return {"input_shape": self._entrance.batch_shape} if self._entrance else None


def _entrance_of(layer):
    """An InputLayer like that of a built model in front; None for others, as in Keras."""
    if not isinstance(layer, Model) or layer._signature is None or len(layer.inputs) > 1:
        return None
    return Input(layer.input_shape[1:], dtype=layer.inputs[0].dtype).layer


def _common_sizes(shapes):
    """The sizes in which a list of examples agrees, None for the others."""
    if len({len(shape) for shape in shapes}) > 1:
        raise ValueError(
            f"expected examples of one rank, received shapes {shapes}; a Sequential model has one "
            "input: pass one array, or a list of examples"
        )
    return [sizes[0] if len(set(sizes)) == 1 else None for sizes in zip(*shapes, strict=True)]
