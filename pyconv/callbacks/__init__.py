"""Callbacks: code that runs between steps and epochs, as in Keras 3."""

from pyconv.callbacks.backup import BackupAndRestore
from pyconv.callbacks.callback import Callback, LambdaCallback
from pyconv.callbacks.callback_list import CallbackList
from pyconv.callbacks.checkpoint import ModelCheckpoint
from pyconv.callbacks.csv_logger import CSVLogger
from pyconv.callbacks.history import History
from pyconv.callbacks.learning_rate import LearningRateScheduler, ReduceLROnPlateau
from pyconv.callbacks.progress import ProgbarLogger
from pyconv.callbacks.remote_monitor import RemoteMonitor
from pyconv.callbacks.stopping import EarlyStopping, TerminateOnNaN
from pyconv.callbacks.swap_averages import SwapEMAWeights
from pyconv.callbacks.tensorboard import TensorBoard

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ProgbarLogger",
    "ReduceLROnPlateau",
    "RemoteMonitor",
    "SwapEMAWeights",
    "TensorBoard",
    "TerminateOnNaN",
]
