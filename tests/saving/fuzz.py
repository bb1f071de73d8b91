"""Good files with damage, loaded one after the other: run by test_fuzz in a process of its own.

    python fuzz.py FOLDER FIRST LAST

Prints the seed before each file, so that the last line names the one that ended the process.
"""

import io
import json
import random
import resource
import sys
import warnings
import zipfile

import h5py
import numpy as np

import pyconv as keras
from pyconv import layers

#: Bytes of address space; a good load needs a small part of it.
LIMIT = 3 * 2**30

VALUES = [
    None, True, 0, -1, 2**31, 10**12, 10**30, 0.5, "", "a", "relu", [], [1], {}, [[[]]], "x" * 9999,
    {"class_name": "__lambda__", "config": {"value": "a"}}, {"class_name": "Dense", "config": {}},
    {"class_name": "function", "config": "eval"}, [None] * 5, [10**9, 10**9], float("inf"),
]  # fmt: skip


def model():
    x = layers.Input((6, 6, 2), name="x")
    y = layers.Conv2D(3, 3, name="c", activation="relu")(x)
    y = layers.BatchNormalization(name="b")(y)
    y = layers.Flatten(name="f")(y * 2 + 1)
    net = keras.Model(x, layers.Dense(2, name="d", kernel_regularizer="l2")(y), name="m")
    net.compile("adam", "mse", metrics=["mae"])
    return net


def bytewise(data: bytes, random) -> bytes:
    data = bytearray(data)
    for _ in range(random.choice([1, 1, 2, 8, 64])):
        at = random.randrange(len(data))
        kind = random.random()
        if kind < 0.6:
            data[at] = random.choice([0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)])
        elif kind < 0.8:
            size = random.randrange(1, 64)
            data[at : at + size] = random.randbytes(size)
        else:
            del data[at : at + random.randrange(1, 512)]
    return bytes(data)


def places(nest):
    """(container, key) of each part of a config."""
    stack = [nest]
    while stack:
        part = stack.pop()
        keys = part if isinstance(part, dict) else range(len(part))
        for key in list(keys):
            yield part, key
            if isinstance(part[key], (dict, list)):
                stack.append(part[key])


def config_wise(data: bytes, random) -> bytes:
    members = read(data)
    config = json.loads(members["config.json"])
    for _ in range(random.choice([1, 1, 2, 4])):
        container, key = random.choice(list(places(config)))
        kind = random.random()
        if kind < 0.5:
            container[key] = random.choice(VALUES)
        elif kind < 0.7:
            del container[key]
        else:
            other, place = random.choice(list(places(config)))
            container[key] = json.loads(json.dumps(other[place]))
    members["config.json"] = json.dumps(config).encode()
    return written(members)


def weight_wise(data: bytes, random) -> bytes:
    """Damage within the HDF5 file of an archive whose checksums are right."""
    members = read(data)
    members["model.weights.h5"] = random.choice([bytewise, h5_wise])(
        members["model.weights.h5"], random
    )
    return written(members)


def h5_wise(data: bytes, random) -> bytes:
    file = io.BytesIO(data)
    with h5py.File(file, "a") as target:
        names = []
        target.visit(names.append)
        name = random.choice(names)
        attack = random.randrange(6)
        if attack < 2:
            del target[name]
        if attack == 1:
            target.create_dataset(name, (10 ** random.randrange(10), 10 ** random.randrange(10)))
        elif attack == 2:
            target.move(name, random.choice(names) + "x")
        elif attack == 3:
            parent, _, last = name.rpartition("/")
            del target[name]
            (target[parent] if parent else target)[last] = random.choice(
                [h5py.SoftLink("/"), h5py.ExternalLink("/etc/passwd", "/"), target["/"]]
            )
        elif attack == 4:
            del target[name]
            target[name] = b"text"
        elif attack == 5:
            del target[name]
            values = np.zeros(random.randrange(1, 100))
            target.create_dataset(name, data=values, compression="gzip", chunks=True)
    return file.getvalue()


def read(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def written(members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def check(load, path, net):
    """A load that succeeds, or one line and weights that are what they were."""
    before = net.get_weights()
    try:
        load(path)
    except (TypeError, ValueError) as error:
        assert "\n" not in str(error), error
        for old, new in zip(before, net.get_weights(), strict=True):
            np.testing.assert_array_equal(old, new)


def main(folder, first, last):
    warnings.simplefilter("ignore")
    net = model()
    net.fit(np.ones((4, 6, 6, 2)), np.ones((4, 2)), verbose=0)
    good = {}
    for ending in ("keras", "weights.h5", "h5"):
        path = f"{folder}/good.{ending}"
        (net.save_weights if ending == "weights.h5" else net.save)(path)
        with open(path, "rb") as file:
            good[ending] = file.read()
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))
    ways = [
        ("keras", bytewise), ("keras", config_wise), ("keras", weight_wise),
        ("weights.h5", bytewise), ("weights.h5", h5_wise), ("h5", bytewise), ("h5", h5_wise),
    ]  # fmt: skip
    for seed in range(first, last):
        print(seed, flush=True)
        source = random.Random(seed)
        ending, way = ways[seed % len(ways)]
        path = f"{folder}/bad.{ending}"
        with open(path, "wb") as file:
            file.write(way(good[ending], source))
        if ending != "weights.h5":
            check(keras.saving.load_model, path, net)
        check(net.load_weights, path, net)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
