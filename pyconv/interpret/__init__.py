"""What a network computes, as arrays: `pyconv.visualize` draws what these functions return.

In all of them `layer` is a layer of the model, or its name, whose output is looked at; the model's
own output by default. Inputs are channels last.
"""

from pyconv.utils.lazy import exports

__all__, __getattr__, __dir__ = exports(
    __name__,
    {
        "attribution": "occlusion saliency",
        "concepts": "dissect",
        "gradient": "value_and_gradient",
        "noise": "reverse_correlation",
        "probe": "up_to",
        "reconstruction": "reconstruct",
        "synthesis": "invert maximize",
    },
)
