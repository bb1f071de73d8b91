"""pyconv: convolutional networks on CPUs, with Keras' API outside and kernels of its own inside."""

import warnings as _warnings

from pyconv import core
from pyconv.config import get_num_threads, set_num_threads
from pyconv.graph import Variable

__version__ = "0.1.0"

if core.isa_note() is not None:
    _warnings.warn(core.isa_note(), RuntimeWarning, stacklevel=2)

from pyconv import plan as _plan  # noqa: E402, F401  gives ops their evaluator
from pyconv import ops  # noqa: E402

__all__ = ["Variable", "core", "get_num_threads", "ops", "set_num_threads"]
