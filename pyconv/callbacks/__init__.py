"""Callbacks: code that runs between steps and epochs, as in Keras 3."""

from pyconv.callbacks.callback import Callback, LambdaCallback
from pyconv.callbacks.callback_list import CallbackList
from pyconv.callbacks.csv_logger import CSVLogger
from pyconv.callbacks.history import History
from pyconv.callbacks.learning_rate import LearningRateScheduler, ReduceLROnPlateau
from pyconv.callbacks.progress import ProgbarLogger
from pyconv.callbacks.stopping import EarlyStopping, TerminateOnNaN

__all__ = [
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ProgbarLogger",
    "ReduceLROnPlateau",
    "TerminateOnNaN",
]
