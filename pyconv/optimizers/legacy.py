"""Names of Keras 2's optimizers, which Keras 3 refuses, too."""


class Optimizer:
    """Raises ImportError, as in Keras 3: take the class of this name in `pyconv.optimizers`."""

    def __init__(self, *args, **kwargs):
        raise ImportError(
            f"expected an optimizer of pyconv.optimizers, received legacy.{type(self).__name__}, "
            "which Keras 3 no longer has; take the class of the same name outside of `legacy`"
        )


class Adagrad(Optimizer):
    """See `Optimizer`."""


class Adam(Optimizer):
    """See `Optimizer`."""


class Ftrl(Optimizer):
    """See `Optimizer`."""


class RMSprop(Optimizer):
    """See `Optimizer`."""


class SGD(Optimizer):
    """See `Optimizer`."""
