"""How a layer gets the masks of its inputs and gives its outputs theirs."""

from __future__ import annotations

import functools
import inspect
import warnings

import numpy as np

from pyconv.graph import Tensor, Variable, mask_of, set_mask
from pyconv.utils.nest import flatten, map_structure


class Masked:
    """The part of `Layer` that hands masks on.

    Attributes:
        supports_masking: whether outputs get a mask; True for classes that define `compute_mask`.
    """

    name: str
    supports_masking = False
    _call_signature: inspect.Signature

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "compute_mask" in cls.__dict__:
            cls.supports_masking = True

    def compute_mask(self, inputs, previous_mask):
        """The masks of the outputs, nested as these are, for inputs and their masks."""
        return previous_mask

    @functools.cached_property
    def _mask_arguments(self) -> list[str]:
        """The arguments of `call` that take masks."""
        return [k for k in self._call_signature.parameters if k == "mask" or k.endswith("_mask")]

    def _masks_for(self, arguments: dict, named: dict) -> dict:
        """The masks that come with tensors among the arguments of a call, `mask` where a single
        argument has tensors, else `value_mask` for `value`; but for those that it `named`."""
        if not self._mask_arguments:
            return {}
        tensors = {name: value for name, value in arguments.items() if _is_of_tensors(value)}
        masks = {
            "mask" if len(tensors) == 1 else f"{name}_mask": map_structure(mask_of, value)
            for name, value in tensors.items()
        }
        wanted = [k for k in self._mask_arguments if k not in arguments or k in named]
        return {k: masks[k] for k in wanted if k in masks and named.get(k) is None}

    def _inputs_and_mask(self, arguments: dict) -> tuple:
        """The first argument of a call, and its mask."""
        inputs = next(iter(arguments.values()), None)
        given = arguments.get("mask")
        return inputs, map_structure(mask_of, inputs) if given is None else given

    def _mask_outputs(self, inputs, mask, outputs) -> None:
        """Gives the outputs, nested as `call` returned them, their masks."""
        tensors = flatten(outputs)
        if self.supports_masking and any(mask_of(tensor) is None for tensor in tensors):
            masks = flatten(self.compute_mask(inputs, mask))
            for tensor, found in zip(tensors, masks, strict=False):
                if mask_of(tensor) is None and found is not None:
                    set_mask(tensor, found)

    def _check_mask(self, mask, outputs) -> None:
        """Warns where the inputs' mask is lost."""
        if self.supports_masking or all(m is None for m in flatten(mask)):
            return
        if all(mask_of(output) is None for output in flatten(outputs)):
            warnings.warn(
                f"layer {self.name}: received an input with a mask, which it does not hand on, as "
                f"{type(self).__name__}.supports_masking is False; layers behind it see no mask",
                stacklevel=3,
            )


def _is_of_tensors(value) -> bool:
    leaves = flatten(value)
    return (
        bool(leaves)
        and any(x is not None for x in leaves)
        and all(x is None or isinstance(x, (Tensor, Variable, np.ndarray)) for x in leaves)
    )
