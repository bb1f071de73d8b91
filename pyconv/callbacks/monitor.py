"""Watching one key of the logs for improvement."""

import warnings


class Monitor:
    """Which values of a quantity are better.

    Args:
        quantity: a key of the logs, such as "val_loss".
        mode: "min", "max", or "auto": by the quantity's name or the metric's direction.
        min_delta: the least change that counts.

    Raises:
        ValueError: an unknown mode.

    Example:
        >>> Monitor("val_loss", mode="min").better(0.5, than=1.0)
        True
    """

    def __init__(self, quantity, mode="auto", min_delta=0.0):
        if mode not in ("auto", "min", "max"):
            raise ValueError(f"expected `mode` 'auto', 'min' or 'max', received {mode!r}")
        self.quantity = quantity
        self.mode = mode
        self.min_delta = abs(min_delta)

    def resolve(self, model):
        """Finds out what "auto" means for this model.

        Raises:
            ValueError: neither the name nor a metric says it.
        """
        if self.mode != "auto":
            return
        name = self.quantity.removeprefix("val_")
        metrics = dict(zip(model.metrics_names, model.metrics, strict=True))
        direction = metrics[name].direction if name in metrics else None
        if name == "loss" or name.endswith("_loss") or direction == "down":
            self.mode = "min"
        elif direction == "up" or name.endswith(("acc", "accuracy")):
            self.mode = "max"
        else:
            raise ValueError(
                f"cannot tell whether a larger {self.quantity!r} is better; expected mode='min' or "
                "mode='max' for it"
            )

    def better(self, value, than):
        """Whether the value is better by more than min_delta; anything is better than None."""
        if than is None:
            return True
        if self.mode == "max":
            return value - self.min_delta > than
        return value + self.min_delta < than

    def read(self, logs, who):
        """The quantity's value, or None, with a warning, where the logs lack it."""
        value = (logs or {}).get(self.quantity)
        if value is None:
            warnings.warn(
                f"{who}: expected {self.quantity!r} in the logs, received only "
                f"{', '.join(sorted(logs or {}))}; monitor one of these, or pass validation data",
                RuntimeWarning,
                stacklevel=3,
            )
        return value
