"""What a model keeps, by path: the walk through layers and optimizers that names groups of a file.

The order and the names are Keras': the layers of a model first, then attributes by name, private
ones last; members of lists and dicts by their class, counted.
"""

from __future__ import annotations

import functools
import warnings
from collections import Counter

from pyconv.layers.layer import Layer
from pyconv.optimizers.optimizer import Optimizer
from pyconv.saving.weights_store import read
from pyconv.utils.naming import default_name


def states(model, skip=()):
    """(path, name, dict of arrays) of the model, and all layers and optimizers within it but those
    to skip."""
    found: list = []

    def visit(saveable, path):
        store: dict = {}
        saveable.save_own_variables(store)
        found.append((path, saveable.name, store))
        return True

    _walk(model, "", visit, {id(s): s for s in skip})
    return found


class Loading:
    """The arrays of a file, matched with variables: all are checked before any is set.

    Args:
        model: whose variables are set.
        reader: the file.
        skip_mismatch: whether what does not fit is left as it is, with a warning.
        skip: objects that are left as they are.

    Raises:
        ValueError: the file lacks arrays, or has others.
    """

    def __init__(self, model, reader, skip_mismatch=False, skip=()):
        self._reader = reader
        self._pairs: list = []  # (variable, dataset)
        self._custom: list = []  # (layer, store): those with load_own_variables of their own
        self._optimizers: list = []
        self._failed: dict = {}  # by id: (object, message)
        done = {id(s): s for s in skip}
        _walk(model, "", self._match, done)
        self._report(skip_mismatch)

    def assign(self) -> None:
        """Sets the variables; where that fails half-way, all get their values back."""
        layers = [layer for layer, _ in self._custom]
        touched = [v for v, _ in self._pairs] + [v for layer in layers for v in layer.variables]
        touched += [v for optimizer, _ in self._optimizers for v in optimizer.variables]
        before = [(v, v.numpy()) for v in touched] if self._custom else []
        values = [read(d).astype(v.dtype) for v, d in self._pairs]
        optimizers = [(o, dict(store)) for o, store in self._optimizers]
        try:
            for layer, store in self._custom:
                layer.load_own_variables(store)
            for (variable, _), value in zip(self._pairs, values, strict=True):
                variable.assign(value)
            for optimizer, arrays in optimizers:
                optimizer.load_own_variables(arrays)
        except Exception:
            for variable, value in before:
                variable.assign(value)
            raise

    def _match(self, saveable, path) -> bool:
        try:
            self._match_one(saveable, path)
        except ValueError as error:
            self._failed.setdefault(id(saveable), (saveable, str(error)))
            return False
        self._failed.pop(id(saveable), None)
        return True

    def _match_one(self, saveable, path) -> None:
        store = self._reader.store(path)
        if isinstance(saveable, Optimizer):
            if store is None or len(store) != len(saveable.variables):
                _warn_of_optimizer(saveable, store)
            else:
                self._optimizers.append((saveable, _checked(saveable.variables, store)))
        elif type(saveable).load_own_variables is not Layer.load_own_variables:
            self._custom.append((saveable, {} if store is None else store))
        else:
            self._match_layer(saveable, store, path)

    def _match_layer(self, layer, store, path) -> None:
        variables = layer._own_weights()
        count = 0 if store is None else len(store)
        if count != len(variables):
            raise ValueError(
                f"layer {layer.name}: expected {len(variables)} arrays in the file at "
                f"{path + '/vars'!r}, received {count}; build the model as it was saved, or pass "
                "skip_mismatch=True"
            )
        if variables:
            datasets = _checked(variables, store, f"layer {layer.name}: ")
            pairs = [(v, datasets.dataset(str(i))) for i, v in enumerate(variables)]
            self._pairs += pairs

    def _report(self, skip_mismatch) -> None:
        if not self._failed:
            return
        messages = [message for _, message in self._failed.values()]
        more = f" (and {len(messages) - 1} more of this kind)" if len(messages) > 1 else ""
        if not skip_mismatch:
            raise ValueError(messages[0] + more)
        warnings.warn(f"some layers keep their weights: {messages[0]}{more}", stacklevel=4)


def _checked(variables, store, owner=""):
    """The store, whose arrays are those of the variables."""
    for i, variable in enumerate(variables):
        dataset = store.dataset(str(i))
        if tuple(dataset.shape) != variable.shape:
            raise ValueError(
                f"{owner}expected shape {variable.shape} for {variable.name}, received "
                f"{tuple(dataset.shape)} in the file; build the model as it was saved, or pass "
                "skip_mismatch=True"
            )
    return store


def _warn_of_optimizer(optimizer, store) -> None:
    warnings.warn(
        f"optimizer {optimizer.name} starts anew: it has {len(optimizer.variables)} variables, the "
        f"file {0 if store is None else len(store)}",
        stacklevel=6,
    )


def walk(model, visit) -> None:
    """Calls `visit(saveable, path)` for a model and all layers and optimizers within it: once for
    each, or at each of its places until it returns True."""
    _walk(model, "", visit, {})


def _walk(saveable, path: str, visit, done: dict, active=()) -> None:
    """Calls `visit(saveable, path)` for an object and all within it; see `walk`."""
    if id(saveable) in done or id(saveable) in active:
        return
    active = (*active, id(saveable))
    if visit(saveable, path):
        done[id(saveable)] = saveable
    for name, child in _children(saveable):
        at = f"{path}/{name}" if path else name
        if isinstance(child, (Layer, Optimizer)):
            _walk(child, at, visit, done, active)
        elif isinstance(child, (list, tuple, dict)):
            _walk_container(child, at, visit, done, active, set())


def _walk_container(container, path, visit, done, active, seen) -> None:
    if id(container) in seen:
        return
    seen.add(id(container))
    counts: Counter = Counter()
    for child in container.values() if isinstance(container, dict) else container:
        nested = isinstance(child, (list, tuple, dict))
        if not nested and not isinstance(child, (Layer, Optimizer)):
            continue
        stem = "container" if nested else class_stem(child)
        name = f"{stem}_{counts[stem]}" if counts[stem] else stem
        counts[stem] += 1
        if nested:
            _walk_container(child, f"{path}/{name}", visit, done, active, seen)
        else:
            _walk(child, f"{path}/{name}", visit, done, active)


def class_stem(saveable) -> str:
    """What a member of a list is called in a file."""
    from pyconv.models.model import Model

    functional = type(saveable) is Model and saveable._network is not None
    return "functional" if functional else default_name(type(saveable).__name__)


def _children(saveable):
    """Pairs (attribute, value) in Keras' order."""
    from pyconv.models.model import Model
    from pyconv.models.sequential import Sequential

    is_model = isinstance(saveable, Model)
    listed = is_model and (saveable._network is not None or isinstance(saveable, Sequential))
    if listed:
        yield "layers", saveable.layers
    names = set(dir(saveable)) - _base_names(_kind(saveable))
    names |= {"optimizer"} if is_model else set()
    names |= {"layers"} if is_model and not listed else set()
    for name in sorted(names, key=lambda name: f"~{name}" if name.startswith("_") else name):
        if name.startswith("__"):
            continue
        try:
            yield name, getattr(saveable, name)
        except Exception:  # a property that cannot be read now holds nothing to keep
            continue


def _kind(saveable) -> type:
    from pyconv.models.model import Model
    from pyconv.models.sequential import Sequential

    return next(k for k in (Sequential, Model, Layer, Optimizer) if isinstance(saveable, k))


@functools.cache
def _base_names(kind: type) -> frozenset:
    """What every object of a kind has."""
    plain = kind(0.1, name="plain") if kind is Optimizer else kind(name="plain")
    return frozenset(dir(plain))
