"""What a layer knows of its calls on symbolic tensors, of which models are made."""

from __future__ import annotations

import inspect

from pyconv.graph import Tensor, as_tensor, renewed
from pyconv.layers.call import LayerCall
from pyconv.layers.weights import Records
from pyconv.utils.nest import flatten, map_structure


class Described:
    """The part of `Layer` that remembers calls."""

    name: str
    _call_signature: inspect.Signature
    _records: Records

    def _noted(self, args: tuple, kwargs: dict, masks: dict) -> dict:
        """The keyword arguments of a call as Keras' files have them: also the masks of a single
        input, and whether `call` trains by default where its signature says so."""
        alone = not kwargs and len(args) == 1 and isinstance(args[0], Tensor)
        default = self._call_signature.parameters["training"].default
        given = "training" in self._call_signature.bind_partial(*args, **kwargs).arguments
        said = isinstance(default, bool) and not given
        return ({"training": default} if said else {}) | (masks if alone else kwargs)

    def _remember(self, args: tuple, kwargs: dict, outputs):
        """The outputs as tensors of their own, also where `call` returned its input, that know of
        this call."""
        outputs = map_structure(lambda t: renewed(as_tensor(t)), outputs)
        call = LayerCall(self, args, kwargs, outputs, self.name, self._records.calls)
        self._records.calls += 1
        for tensor in flatten(outputs):
            tensor.history = call
        self._records.first_call = self._records.first_call or call
        return outputs

    @property
    def input(self):
        """The symbolic inputs of the first call that described a model."""
        inputs = self._described().inputs
        return inputs[0] if len(inputs) == 1 else inputs

    @property
    def output(self):
        """The symbolic outputs of that call."""
        return self._described().outputs

    def _described(self) -> LayerCall:
        call = self._records.first_call
        if call is None:
            raise AttributeError(
                f"layer {self.name}: expected a call on symbolic tensors before `input` and "
                "`output` are used, received none; call it on an Input first"
            )
        return call
