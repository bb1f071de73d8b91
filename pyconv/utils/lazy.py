"""Packages whose modules are imported when one of their names is first used."""

import importlib
import sys


def exports(package, homes, packages="", wrap=None):
    """What a package's `__init__` needs to hand on names of its modules at their first use.

    `import pyconv` stays about as fast as `import numpy`, however many layers and ops there are.

    Args:
        package: the package's `__name__`.
        homes: dict from module, relative to the package (".sister.module" is another package's), to
            its names, separated by spaces.
        packages: packages and modules within it that are handed on whole, separated by spaces.
        wrap: (value) -> what is handed on in its stead, as a member of the package.

    Returns:
        (`__all__`, `__getattr__`, `__dir__`) of the package.

    Example:
        >>> names, get, _ = exports("pyconv.utils", {"numerical": "to_categorical"})
        >>> names, get("to_categorical").__module__
        (['to_categorical'], 'pyconv.utils.numerical')
    """
    home = dict.fromkeys(packages.split())
    home |= {name: module for module, names in homes.items() for name in names.split()}

    def load(name):
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = importlib.import_module(f".{home[name] or name}", package)
        value = getattr(module, name) if home[name] else module
        value = wrap(value) if wrap and home[name] else value
        setattr(sys.modules[package], name, value)
        return value

    return sorted(home), load, lambda: sorted({*vars(sys.modules[package]), *home})
