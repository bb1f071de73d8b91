"""Optimizers by class and name, as in Keras 3."""

from pyconv.utils.lazy import exports

__all__, __getattr__, __dir__ = exports(
    __name__,
    {
        "adam": "Adam AdamW Adamax Nadam",
        "adaptive": "Adadelta Adagrad RMSprop",
        "ftrl": "Ftrl",
        "layerwise": "Adafactor Lamb Muon",
        "lion": "Lion",
        "lookup": "deserialize get serialize",
        "optimizer": "Optimizer",
        "sgd": "SGD",
    },
    packages="legacy schedules",
)
