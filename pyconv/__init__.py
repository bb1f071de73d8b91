"""pyconv: convolutional networks on CPUs, with Keras' API outside and kernels of its own inside."""

import warnings as _warnings

try:
    from pyconv import core
except ImportError as error:
    raise ImportError(
        f"expected the compiled module pyconv.core in {__path__[0]}, found none that loads; run "
        "`pip install -e .` in the checkout, or start Python elsewhere to use an installed pyconv"
    ) from error

from pyconv import (
    activations,
    callbacks,
    datasets,
    initializers,
    layers,
    losses,
    metrics,
    models,
    ops,
    optimizers,
    plan,
    regularizers,
    utils,
)
from pyconv.config import get_num_threads, set_num_threads
from pyconv.graph import Variable
from pyconv.initializers import Initializer
from pyconv.layers import Input, Layer
from pyconv.losses import Loss
from pyconv.metrics import Metric
from pyconv.models import Model, Sequential
from pyconv.optimizers import Optimizer
from pyconv.regularizers import Regularizer

__version__ = "0.1.0"

if core.isa_note() is not None:
    _warnings.warn(core.isa_note(), RuntimeWarning, stacklevel=2)
