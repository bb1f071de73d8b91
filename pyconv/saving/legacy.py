"""Keras' older files, HDF5 alone: weights by layer, and the config as an attribute."""

from __future__ import annotations

import json
import warnings

import numpy as np

from pyconv.graph.allowance import allowance
from pyconv.saving import decoding
from pyconv.saving.archive import MAX_CONFIG, parse_config
from pyconv.saving.encoding import serialize_keras_object
from pyconv.saving.files import replacing
from pyconv.saving.legacy_config import modern, outdated
from pyconv.saving.weights_store import Reader, checked_dataset, checked_group, intact, read

#: Bytes that one attribute of a group can have.
_MOST = 64512


def save_legacy_model(model, path: str, include_optimizer: bool = True) -> None:
    """Writes architecture, weights and optimizer; see `save_model`."""
    import h5py

    from pyconv.saving.model_files import KERAS_VERSION

    config = outdated(serialize_keras_object(model))
    compile_config = config.pop("compile_config", None)
    with replacing(path) as file, h5py.File(file, "w") as target:
        target.attrs["backend"] = "tensorflow"
        target.attrs["keras_version"] = KERAS_VERSION
        target.attrs["model_config"] = json.dumps(config).encode()
        _write_layers(target.create_group("model_weights"), model, KERAS_VERSION)
        if include_optimizer and compile_config:
            training = {key: outdated(value) for key, value in compile_config.items()}
            training["optimizer_config"] = training.pop("optimizer")
            for key in ("loss", "metrics", "weighted_metrics"):
                training[key] = _with_full_names(training[key])
            target.attrs["training_config"] = json.dumps(training).encode()
            group = target.create_group("optimizer_weights")
            _write_arrays(group, model.optimizer.variables)


def load_legacy_model(path: str, compile: bool):
    """The model that such a file keeps; see `load_model`."""
    from pyconv.models.model import Model
    from pyconv.saving.model_files import SPARE

    with Reader(path, path) as reader:
        config = modern(_json(reader.file, "model_config", path))
        stored = reader.nbytes()
        with allowance(stored + 2**20):
            model = decoding.deserialize_keras_object(config)
        if not isinstance(model, Model):
            raise ValueError(f"expected a file of a model, received one of {model!r}")
        group = _group(reader.file, "model_weights")
        _assign(_in_order(group, model, False))
        if compile and "training_config" in reader.file.attrs:
            with allowance(8 * stored + SPARE):
                _compile(model, _json(reader.file, "training_config", path))
            _load_optimizer(model, reader.file)
    return model


def load_legacy_weights(model, path: str, skip_mismatch: bool, by_name: bool) -> None:
    """Sets the weights of a model's layers, in their order or by their names."""
    with Reader(path, path) as reader:
        group = reader.file
        if "layer_names" not in group.attrs and "model_weights" in group:
            group = _group(group, "model_weights")
        _assign((_by_name if by_name else _in_order)(group, model, skip_mismatch))


def _write_layers(group, model, version: str) -> None:
    group.attrs["backend"] = "tensorflow"
    group.attrs["keras_version"] = version
    _write_names(group, "layer_names", [layer.name for layer in model.layers])
    for layer in sorted(model.layers, key=lambda layer: layer.name):
        _write_arrays(group.create_group(layer.name), _weights(layer))
    _write_arrays(group.create_group("top_level_model_weights"), model._own_weights())


def _write_arrays(group, variables) -> None:
    names: list = []
    for variable in variables:
        name, count = variable.path, 0
        while name in names:
            count += 1
            name = f"{variable.path}_{count}"
        names.append(name)
        group[name] = variable.numpy()
    _write_names(group, "weight_names", names)


def _write_names(group, attribute: str, names: list) -> None:
    """Names as an attribute, or as several where they are many."""
    data = np.asarray([name.encode() for name in names])
    parts = 1
    while data.nbytes and any(part.nbytes > _MOST for part in np.array_split(data, parts)):
        parts += 1
    if parts == 1:
        group.attrs[attribute] = data if names else np.zeros(0, "S1")
        return
    for i, part in enumerate(np.array_split(data, parts)):
        group.attrs[f"{attribute}{i}"] = part


def _names(group, attribute: str) -> list[str]:
    with intact(attribute):
        if attribute in group.attrs:
            parts = [group.attrs[attribute]]
        else:
            parts = []
            while f"{attribute}{len(parts)}" in group.attrs:
                parts.append(group.attrs[f"{attribute}{len(parts)}"])
        names = [name for part in parts for name in np.asarray(part).ravel().tolist()]
    names = [name.decode("utf-8", "replace") if isinstance(name, bytes) else name for name in names]
    if not all(isinstance(name, str) for name in names):
        raise ValueError(f"expected names in {attribute!r}, received {names[:5]}")
    return names


def _json(file, attribute: str, path: str) -> dict:
    with intact(attribute):
        text = file.attrs.get(attribute)
    if not isinstance(text, (str, bytes)) or len(text) > MAX_CONFIG:
        raise ValueError(
            f"{path}: expected a whole model, received a file without its {attribute}; load weights"
            " with model.load_weights"
        )
    return parse_config(text, path, attribute == "model_config")


def _group(group, path: str):
    for part in filter(None, path.split("/")):
        found = checked_group(group, part)
        if found is None:
            raise ValueError(f"expected a group {path!r} in the file, received none")
        group = found
    return group


def _datasets(group) -> list:
    """The arrays of a layer, checked."""
    found = []
    for name in _names(group, "weight_names"):
        folder, _, last = name.rpartition("/")
        found.append(checked_dataset(_group(group, folder), last))
    return found


def _with_full_names(nest):
    """The nest with "mean_squared_error" for "mse": Keras finds no short names in these files."""
    from pyconv import losses

    if isinstance(nest, list):
        return [_with_full_names(part) for part in nest]
    if isinstance(nest, dict) and "class_name" not in nest:
        return {key: _with_full_names(part) for key, part in nest.items()}
    try:
        found = losses.get(nest) if isinstance(nest, str) else None
    except ValueError:  # a metric that is no loss
        found = None
    return getattr(found, "__name__", nest)


def _weights(layer) -> list:
    return layer.trainable_weights + layer.non_trainable_weights


def _in_order(group, model, skip_mismatch: bool) -> list:
    """Pairs (variable, array) where the file's layers are the model's, one after the other."""
    layers = [layer for layer in model.layers if layer.weights]
    saved = [(name, _datasets(_group(group, name))) for name in _names(group, "layer_names")]
    saved = [(name, datasets) for name, datasets in saved if datasets]
    if len(saved) != len(layers):
        raise ValueError(
            f"expected a file of {len(layers)} layers with weights, received {len(saved)}; load "
            "them with by_name=True, or build the model as it was saved"
        )
    pairs = []
    for layer, (name, datasets) in zip(layers, saved, strict=True):
        pairs += _matched(layer.name, _weights(layer), datasets, name, skip_mismatch)
    return pairs + _top_level(group, model, skip_mismatch)


def _by_name(group, model, skip_mismatch: bool) -> list:
    """Pairs (variable, array) of the layers that the file names."""
    pairs = []
    for name in _names(group, "layer_names"):
        for layer in model.layers:
            if layer.name == name:
                datasets = _datasets(_group(group, name))
                pairs += _matched(layer.name, _weights(layer), datasets, name, skip_mismatch)
    return pairs + _top_level(group, model, skip_mismatch)


def _top_level(group, model, skip_mismatch: bool) -> list:
    name = "top_level_model_weights"
    if name not in group:
        return []
    datasets = _datasets(_group(group, name))
    return _matched(model.name, model._own_weights(), datasets, name, skip_mismatch)


def _matched(layer: str, variables, datasets, name: str, skip_mismatch: bool) -> list:
    wanted, found = [v.shape for v in variables], [tuple(d.shape) for d in datasets]
    if wanted == found:
        return list(zip(variables, datasets, strict=True))
    message = (
        f"layer {layer}: expected weights of shapes {wanted}, received {found} in the file at "
        f"{name!r}; build the model as it was saved, or pass skip_mismatch=True"
    )
    if not skip_mismatch:
        raise ValueError(message)
    warnings.warn(f"some weights stay as they are: {message}", stacklevel=5)
    if len(wanted) != len(found):
        return []
    pairs = zip(variables, datasets, strict=True)
    return [(v, d) for v, d in pairs if v.shape == tuple(d.shape)]


def _assign(pairs) -> None:
    values = [(variable, read(dataset).astype(variable.dtype)) for variable, dataset in pairs]
    for variable, value in values:
        variable.assign(value)


def _compile(model, training: dict) -> None:
    from pyconv import losses, metrics, optimizers

    optimizer = optimizers.deserialize(training.pop("optimizer_config"))
    loss = _each(training.get("loss"), losses.deserialize)
    plain = _each(training.get("metrics"), metrics.deserialize)
    weighted = _each(training.get("weighted_metrics"), metrics.deserialize)
    model.compile(optimizer, loss, training.get("loss_weights"), plain, weighted)


def _each(nest, deserialize):
    """The nest with configs of objects as objects; names stay for `compile`."""
    if isinstance(nest, dict) and "class_name" in nest:
        return deserialize(nest)
    if isinstance(nest, dict):
        return {key: _each(part, deserialize) for key, part in nest.items()}
    return [_each(part, deserialize) for part in nest] if isinstance(nest, list) else nest


def _load_optimizer(model, file) -> None:
    if "optimizer_weights" not in file:
        return
    model.optimizer.build(model.trainable_variables)
    variables = model.optimizer.variables
    datasets = _datasets(_group(file, "optimizer_weights"))
    if [v.shape for v in variables] == [tuple(d.shape) for d in datasets]:
        _assign(zip(variables, datasets, strict=True))
    else:
        warnings.warn(
            f"optimizer {model.optimizer.name} starts anew: the file has other variables",
            stacklevel=4,
        )
