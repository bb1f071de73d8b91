"""Configs of Keras' older files, in which layers are named without their modules."""

from __future__ import annotations

_MODELS = ("Functional", "Model", "Sequential")


def outdated(config):
    """A config as older files have it: layers and objects with class name and arguments only."""
    if not isinstance(config, dict):
        return [outdated(part) for part in config] if isinstance(config, (list, tuple)) else config
    if not {"class_name", "config"} <= config.keys():
        return {key: outdated(value) for key, value in config.items()}
    if config["class_name"] == "function":
        return config["config"]
    kept = ("compile_config", "name", "inbound_nodes")
    inner = dict(config["config"])
    if "layers" in inner:
        inner["layers"] = [_entry(layer) for layer in inner["layers"]]
    name = config.get("registered_name") or config["class_name"]
    return {"class_name": name, "config": inner, **{k: config[k] for k in kept if k in config}}


def _entry(layer: dict) -> dict:
    entry = outdated(layer)
    entry.pop("compile_config", None)
    return entry


def modern(config: dict) -> dict:
    """A config of an older file as today's have it.

    Raises:
        ValueError: a layer that has code.
    """
    if not isinstance(config, dict) or not isinstance(config.get("config"), dict):
        raise ValueError("expected layers with class_name and config in the file")
    if "module" in config:
        return config
    name, inner = config.get("class_name"), dict(config["config"])
    if name == "Lambda" and not isinstance(inner.get("function"), (str, dict)):
        raise ValueError(
            "expected functions by name, received a Lambda layer with code, which is never run; "
            "register the function and save the model again"
        )
    if "layers" in inner:
        inner["layers"] = [modern(layer) for layer in inner["layers"]]
    _rename(name, inner)
    module = "keras" if name in _MODELS else "keras.layers"
    entry = {**config, "module": module, "config": inner, "registered_name": name}
    if "inbound_nodes" in entry:
        entry["inbound_nodes"] = [_node(node) for node in entry["inbound_nodes"]]
    return entry


def _rename(name: str, inner: dict) -> None:
    """Arguments of Keras 2 by their names of today."""
    shape = inner.pop("batch_input_shape", None)
    if shape is not None and name == "InputLayer":
        inner["batch_shape"] = shape
    elif shape is not None:
        inner["input_shape"] = shape[1:]
    axis = inner.get("axis")
    if isinstance(axis, list) and len(axis) == 1:
        inner["axis"] = axis[0]


def _node(node):
    """A call of Keras 2, a list of [name, call, output, arguments], as today's."""
    if not isinstance(node, list):
        return node
    tensors = [
        {"class_name": "__keras_tensor__", "config": {"keras_history": place[:3]}} for place in node
    ]
    kwargs = node[0][3] if node and len(node[0]) > 3 else {}
    return {"args": tensors if len(tensors) == 1 else [tensors], "kwargs": kwargs}
