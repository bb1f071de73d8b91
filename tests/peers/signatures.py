"""Public names and arguments side by side with Keras': what is missing and what differs."""

import inspect
import re
from types import ModuleType

#: Classes whose public methods count as well, bases first.
CLASSES = (
    "Layer", "Loss", "Metric", "Model", "Optimizer", "Sequential", "callbacks.Callback",
    "constraints.Constraint", "initializers.Initializer",
    "optimizers.schedules.LearningRateSchedule", "random.SeedGenerator",
    "regularizers.Regularizer", "utils.PyDataset",
)  # fmt: skip
#: Arguments that layers take by name or through **kwargs, as they like.
COMMON = {"activity_regularizer", "autocast", "dtype", "name", "trainable"}


def members(package, prefix=""):
    """Pairs (dotted name, object) of all that is public below a package."""
    for name in dir(package):
        value = getattr(package, name)
        if name.startswith("_") or name == "src":
            continue
        if isinstance(value, ModuleType):
            yield from members(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def methods(package):
    """Pairs (dotted name, function) of the public methods of `CLASSES`, each at its first class."""
    seen = set()
    for dotted in CLASSES:
        cls = found(package, dotted)
        for name in dir(cls):
            method = getattr(cls, name)
            own = getattr(method, "__func__", method)
            if callable(method) and not name.startswith("_") and (name, own) not in seen:
                seen.add((name, own))
                yield f"{dotted}.{name}", method


def found(package, dotted):
    """The object of a dotted name, None where there is none, or a module."""
    for part in dotted.split("."):
        package = getattr(package, part, None)
    return None if isinstance(package, ModuleType) else package


def table(page, heading):
    """The names in the first column of the table below a heading of a page."""
    rows = re.search(rf"^## {heading}\n.*?^(\|.*?)\n\n", page, re.MULTILINE | re.DOTALL)[1]
    return [name for row in rows.splitlines() for name in re.findall(r"`([^`]+)`", cell(row))]


def cell(row):
    """The first cell of a table's row."""
    return row.split("|")[1]


def difference(dotted, ours, theirs):
    """What a caller who knows Keras' arguments would trip over, one line; None where nothing."""
    wanted, given = arguments(theirs), arguments(ours)
    if wanted is None or given is None:
        return None
    if dotted == "Layer" or dotted.startswith("layers."):
        wanted, given = ([p for p in a if p.name not in COMMON] for a in (wanted, given))
    names = [p.name for p in wanted]
    if [p.name for p in given[: len(names)]] != names:
        return f"takes {', '.join(p.name for p in given)}; Keras' are {', '.join(names)}"
    for ours, theirs in zip(given, wanted, strict=False):
        if not same_default(ours.default, theirs.default):
            return f"has {ours}, Keras {theirs}"
        if ours.kind == ours.KEYWORD_ONLY != theirs.kind:
            return f"takes {ours.name} by keyword only"
    extra = [p.name for p in given[len(names) :] if p.default is p.empty]
    return f"requires {', '.join(extra)}, which Keras does not have" if extra else None


def arguments(function):
    """The named parameters of a function or constructor; None where it takes whatever comes."""
    try:
        function = function.__init__ if inspect.isclass(function) else function
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # not of Python
        return None
    if any(p.kind == p.VAR_POSITIONAL for p in parameters):
        return None
    return [p for p in parameters if p.name not in ("self", "cls") and p.kind != p.VAR_KEYWORD]


def same_default(ours, theirs):
    """Whether two defaults mean the same; a number stands for any tuple of it."""
    if isinstance(ours, (list, tuple)) and isinstance(theirs, (list, tuple)):
        return len(ours) == len(theirs) and all(map(same_default, ours, theirs))
    if isinstance(theirs, tuple) and isinstance(ours, int):
        return all(same_default(ours, part) for part in theirs)
    return ours is theirs or ours == theirs
