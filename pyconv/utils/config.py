"""Named values with attributes."""

from __future__ import annotations

import json


class Config:
    """Named values, as attributes and by index; frozen, they cannot be changed.

    Args:
        **kwargs: the values.

    Example:
        >>> config = Config(rate=0.1, layers=3)
        >>> config.rate, config["layers"], config
        (0.1, 3, <Config {'rate': 0.1, 'layers': 3}>)
    """

    def __init__(self, **kwargs):
        object.__setattr__(self, "_values", {})
        object.__setattr__(self, "_frozen", False)
        self.update(**kwargs)

    @property
    def frozen(self) -> bool:
        """Whether values can no longer be changed."""
        return self._frozen

    def freeze(self) -> None:
        """From here on changes are errors."""
        object.__setattr__(self, "_frozen", True)

    def unfreeze(self) -> None:
        """Values can be changed again."""
        object.__setattr__(self, "_frozen", False)

    def update(self, *args, **kwargs) -> None:
        """Sets values, of a dict or by name."""
        for name, value in dict(*args, **kwargs).items():
            self[name] = value

    def get(self, name, default_value=None):
        """A value, or the default where there is none."""
        return self._values.get(name, default_value)

    def pop(self, key, default=None):
        """Removes a value and returns it."""
        self._check_change()
        return self._values.pop(key, default) if default is not None else self._values.pop(key)

    def keys(self):
        """The names."""
        return self._values.keys()

    def values(self):
        """The values."""
        return self._values.values()

    def items(self):
        """Pairs (name, value)."""
        return self._values.items()

    def as_dict(self) -> dict:
        """The values by name."""
        return dict(self._values)

    def to_json(self) -> str:
        """The values as JSON."""
        return json.dumps(self._values)

    def _check_change(self) -> None:
        if self._frozen:
            raise ValueError("expected a config that can be changed, received a frozen one")

    def __setattr__(self, name, value):
        self._check_change()
        self._values[name] = value

    def __getattr__(self, name):
        if name.startswith("__") or name not in self._values:
            raise AttributeError(f"expected a name of {list(self._values)}, received {name!r}")
        return self._values[name]

    __setitem__ = __setattr__

    def __getitem__(self, name):
        return getattr(self, name)

    def __delattr__(self, name):
        self.pop(name)

    __delitem__ = __delattr__

    def __contains__(self, name) -> bool:
        return name in self._values

    def __iter__(self):
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<Config {self._values}>"
