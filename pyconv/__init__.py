"""pyconv: convolutional networks on CPUs, with Keras' API outside and kernels of its own inside."""

import warnings as _warnings

try:
    from pyconv import core
except ImportError as error:
    raise ImportError(
        f"expected the compiled module pyconv.core in {__path__[0]}, found none that loads; run "
        "`pip install -e .` in the checkout, or start Python elsewhere to use an installed pyconv"
    ) from error

from pyconv import graph, ops, plan
from pyconv.utils.lazy import exports as _exports

__all__, __getattr__, __dir__ = _exports(
    __name__,
    {
        "config": "get_num_threads set_num_threads",
        "dtype_policies": "DTypePolicy FloatDTypePolicy",
        "graph": "Variable",
        "graph.tape": "GradientTape",
        "initializers": "Initializer",
        "layers": "Input InputSpec Layer",
        "losses": "Loss",
        "metrics": "Metric",
        "models": "Model Sequential",
        "optimizers": "Optimizer",
        "regularizers": "Regularizer",
        "symbolic": "KerasTensor device name_scope",
    },
    packages="activations applications backend callbacks config constraints datasets"
    " dtype_policies graph initializers interpret layers linalg losses metrics mixed_precision"
    " models ops optimizers plan preprocessing random regularizers saving tree unsupervised utils"
    " visualize",
)

__version__ = "0.1.0"
__all__ = sorted([*__all__, "version"])


def version():
    """The version of pyconv."""
    return __version__


if core.isa_note() is not None:
    _warnings.warn(core.isa_note(), RuntimeWarning, stacklevel=2)
