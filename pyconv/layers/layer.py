"""The contract of layers."""

from __future__ import annotations

import functools
import inspect
from contextlib import contextmanager

import numpy as np

from pyconv import dtype_policies, regularizers
from pyconv.graph import (
    Tensor,
    Trace,
    Variable,
    as_array,
    as_tensor,
    current_trace,
    described,
    placeholder,
    unmasked,
)
from pyconv.graph.node import origin
from pyconv.layers.building import Built, map_shapes, marking_built
from pyconv.layers.call import CallScope, current_scope
from pyconv.layers.config import config_of
from pyconv.layers.described import Described
from pyconv.layers.input_spec import InputSpec
from pyconv.layers.masks import Masked
from pyconv.layers.penalized import Penalized
from pyconv.layers.stateless import Stateless
from pyconv.layers.weights import Records, WeightOwner
from pyconv.utils.naming import default_name, unique_name
from pyconv.utils.nest import flatten, map_structure


class Layer(Built, Described, Masked, Penalized, Stateless, WeightOwner):
    """A function with weights: the base of all layers and models.

    A subclass makes weights in `build(input_shape)` or sub-layers in `__init__`, and computes in
    `call(inputs)` with functions of `pyconv.ops`. Weights and layers are found where they are kept:
    in attributes, also in lists and dicts. The config comes from the constructor's signature.

    Args:
        activity_regularizer: penalty on the outputs: a `Regularizer`, its name, or None.
        trainable: whether training changes the weights.
        dtype: None or "float32".
        autocast: accepted, without effect: there is one dtype.
        name: unique within a model; by default the class name in snake case, with a number.
        input_shape: shape of one example, from which `Sequential` can build at once; `input_dim`
            for a vector.

    Attributes:
        dtype, compute_dtype, variable_dtype: "float32", as the `dtype_policy` says.
        supports_masking: whether outputs get masks: those of `compute_mask`, by default the
            inputs'. True for classes that define it.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> class Scale(Layer):
        ...     def build(self, input_shape):
        ...         self.factor = self.add_weight(input_shape[-1:], "ones", name="w")
        ...     def call(self, inputs):
        ...         return inputs * self.factor
        >>> layer = Scale(name="scale")
        >>> layer(np.array([[2.0, 3.0]]))
        array([[2., 3.]], dtype=float32)
        >>> layer.weights
        [<Variable path=scale/w, shape=(2,), dtype=float32, value=[1. 1.]>]
    """

    built_at_once = False  # built from the start, as in Keras, unless a subclass defines `build`
    config_omits: tuple[str, ...] = ()  # arguments that are not in the config, as in Keras

    def __new__(cls, *args, **kwargs):
        layer = super().__new__(cls)
        layer._records = Records(args, kwargs)
        return layer

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "build" in cls.__dict__:
            cls.build = marking_built(cls.build)

    def __init__(
        self,
        *,
        activity_regularizer=None,
        trainable=True,
        dtype=None,
        autocast=True,
        name=None,
        **kwargs,
    ):
        input_dim, input_shape = kwargs.pop("input_dim", None), kwargs.pop("input_shape", None)
        if kwargs:
            raise ValueError(
                f"{type(self).__name__}: expected the arguments that its documentation lists, "
                f"received also {', '.join(sorted(kwargs))}; remove or rename them"
            )
        if name is not None and (not isinstance(name, str) or "/" in name or not name):
            raise ValueError(f"expected `name` to be a string without '/', received {name!r}")
        self.name = name or unique_name(default_name(type(self).__name__))
        self.path = self.name
        self.dtype_policy = dtype_policies.get(dtype)
        self.dtype = self.compute_dtype = self.variable_dtype = self.dtype_policy.name
        self.autocast = autocast
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.declared_input_shape = (input_dim,) if input_dim is not None else input_shape
        self.input_spec: InputSpec | list[InputSpec] | None = None
        self.built = self.built_at_once and type(self).build is Layer.build
        self._trainable = bool(trainable)

    # What subclasses define

    @marking_built
    def build(self, input_shape) -> None:
        """Makes the weights, with `add_weight`, for inputs of this shape (examples first)."""

    def call(self, inputs, *args, **kwargs):
        """The outputs for the inputs, made with `pyconv.ops`; may take `training`."""
        raise NotImplementedError(
            f"layer {self.name}: expected {type(self).__name__} to define call(self, inputs)"
        )

    def compute_output_shape(self, input_shape):
        """The shape of the outputs for inputs of a shape, both with examples first.

        By default it is found by running `call` on symbolic inputs, building the layer if needed.
        """
        if not self.built:
            self.build(input_shape)
        with Trace(), CallScope(self, None):
            outputs = self.call(map_shapes(placeholder, input_shape))
        return map_structure(lambda t: tuple(t.shape), outputs)

    def compute_output_spec(self, *args, **kwargs):
        """The outputs, symbolic, for symbolic inputs; nothing is computed."""
        with Trace(), CallScope(self, kwargs.get("training")):
            return map_structure(as_tensor, self(*args, **kwargs))

    # Calling

    def __call__(self, *args, **kwargs):
        """Builds the layer at the first call, checks the inputs and runs `call`.

        Args:
            *args, **kwargs: those of `call`: symbolic tensors, of which a model can then be made,
                or arrays, for which arrays are returned. `training=None` means: as the layer that
                makes this call, else False.
        """
        self._check_initialized()
        args, kwargs = map_structure(self._as_input, (args, kwargs))
        outer = current_scope()
        bound = self._call_signature.bind_partial(*args, **kwargs)
        masks = self._masks_for(bound.arguments, kwargs)
        bound.arguments.update(masks)
        inputs, mask = self._inputs_and_mask(bound.arguments)
        training = self._training(bound.arguments.pop("training", None), outer)
        self._prepare(bound.arguments, outer)
        if self._takes_training:
            bound.arguments["training"] = training
        if outer is None:
            self._forget_losses()
        symbolic = any(isinstance(t, Tensor) for t in flatten((args, kwargs)))
        describing = symbolic and current_trace() is None
        call = functools.partial(self._call_with, training)
        if describing:  # what the model's tensors carry is theirs
            outputs = described(call, map_structure(unmasked, bound.arguments))
        else:
            outputs = call(bound.arguments)
        self._records.called = True
        self._check_mask(mask, outputs)
        if describing:
            outputs = self._remember(args, self._noted(args, kwargs, masks), outputs)
            if outer is None:
                self._forget_losses()
        self._mask_outputs(inputs, mask, outputs)
        return outputs

    def _as_input(self, value):
        """Arrays of numbers as `Array`s of a dtype that kernels take; everything else as it is."""
        if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
            known = value.dtype in ("float32", "int32")
            return as_array(value if known else value.astype("float32"))
        return value

    def _check_initialized(self) -> None:
        if "built" not in vars(self):
            name = type(self).__name__
            raise TypeError(
                f"expected {name}.__init__ to begin with super().__init__(), received a layer that "
                "lacks what this sets; add the call, with **kwargs for `name` and the like"
            )

    @functools.cached_property
    def _takes_training(self) -> bool:
        return "training" in inspect.signature(self.call).parameters

    @functools.cached_property
    def _call_signature(self) -> inspect.Signature:
        """The signature of `call`, with `training` added where it is missing."""
        signature = inspect.signature(self.call)
        if self._takes_training:
            return signature
        parameters = list(signature.parameters.values())
        training = inspect.Parameter("training", inspect.Parameter.KEYWORD_ONLY, default=None)
        at = len(parameters) - any(p.kind is p.VAR_KEYWORD for p in parameters)
        parameters.insert(at, training)
        return signature.replace(parameters=parameters)

    def _training(self, explicit: bool | None, outer: CallScope | None) -> bool | None:
        """Whether this call trains: as its argument says, else its caller, else the default."""
        if explicit is not None:
            return bool(explicit)
        if outer is not None and outer.training is not None:
            return outer.training
        default = self._call_signature.parameters["training"].default
        return None if default is inspect.Parameter.empty else default

    def _prepare(self, arguments: dict, outer: CallScope | None) -> None:
        """Checks the inputs and, at the first call, builds the layer for them."""
        inputs = next(iter(arguments.values()), ())
        shapes = map_structure(self._shape_of, inputs)
        self._check(inputs)
        if not self.built:
            self.path = f"{outer.path}/{self.name}" if outer else self.path
            kept = outer is None or self._is_kept(outer)
            with CallScope(self, None, building=True), self._naming_errors():
                self.build(shapes, **self._further_shapes(arguments))
            self._records.built_for = shapes
            if not kept and self.weights:
                self._refuse_weights(outer)
            self._check(inputs)

    def _is_kept(self, outer: CallScope) -> bool:
        """Whether the layers at work do not make this one at each call."""
        if outer.leads_to(self):
            return not self._records.made_again
        return not self._records.made_in_call

    def _further_shapes(self, arguments: dict) -> dict:
        """The shapes that `build` names after further arguments of `call`, as `value_shape`."""
        names = inspect.signature(self.build).parameters
        further = {f"{k}_shape": v for k, v in list(arguments.items())[1:] if v is not None}
        return {k: map_structure(self._shape_of, v) for k, v in further.items() if k in names}

    def _refuse_weights(self, outer: CallScope) -> None:
        """Raises ValueError: the weights just made would be made anew by each trace, for `call`
        makes the layer. It stays a layer without weights."""
        self.built = False
        self._records.variables.clear()
        raise ValueError(
            f"layer {self.name}: expected a layer with weights to be made once and kept as an "
            f"attribute, received one that {outer.outermost.path} makes at each call; make it in "
            "__init__: self.x = ..., and call self.x in `call`"
        )

    def _check(self, inputs) -> None:
        specs = self.input_spec if isinstance(self.input_spec, list) else [self.input_spec]
        for spec, tensor in zip(specs, flatten(inputs), strict=False):
            if spec is not None and not (tensor is None and spec.optional):
                spec.check(self.name, tuple(tensor.shape))

    def _shape_of(self, value) -> tuple[int | None, ...]:
        if not hasattr(value, "shape"):
            raise ValueError(
                f"layer {self.name}: expected tensors or arrays, received {value!r} of type "
                f"{type(value).__name__}; convert it with numpy.asarray(...)"
            )
        return tuple(value.shape)

    def _call_with(self, training: bool, arguments: dict):
        """Runs `call` and adds the penalties on its outputs."""
        bound = inspect.BoundArguments(self._call_signature, arguments)
        with CallScope(self, training), origin(self.name):
            with self._naming_errors():
                outputs = self.call(*bound.args, **bound.kwargs)
            for output in flatten(outputs):
                self._check_output(output)
                if self.activity_regularizer is not None:
                    self.add_loss(self._activity_penalty(output))
        return outputs

    def _check_output(self, output) -> None:
        if not isinstance(output, (Tensor, Variable, np.ndarray, np.generic)):
            raise TypeError(
                f"layer {self.name}: expected `call` to return tensors or arrays, received "
                f"{output!r} of type {type(output).__name__}; does it end with `return`?"
            )

    @contextmanager
    def _naming_errors(self):
        """Within it, a ValueError begins with the layer's name."""
        try:
            yield
        except ValueError as error:
            if type(error) is not ValueError or str(error).startswith("layer "):
                raise
            raise ValueError(f"layer {self.name}: {error}") from error

    # Configs

    def get_config(self) -> dict:
        """The constructor's arguments as plain data, from which `from_config` makes an equal
        layer with weights of its own. What a class that defines it gets from the base: the name,
        whether it is trainable and the dtype."""
        return config_of(self, Layer)

    @classmethod
    def from_config(cls, config: dict) -> Layer:
        """The layer that `get_config` described."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"
