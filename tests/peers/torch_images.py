"""Padding, resizing, rearranging and sampling of images, against PyTorch."""

from math import prod

import numpy as np

from pyconv import ops
from tests.peers.differential import VECTOR_WIDTHS, Case, choose, integers, normal
from tests.peers.geometries import LARGEST, Window, in_data_format, layer_of
from tests.peers.torch_layout import first, functional, last, pad, pad_by_axis, torch


def _image(rng, rank=None, channels=None):
    rank = rank or int(rng.integers(1, 4))
    sizes = integers(rng, 1, LARGEST[rank], rank)
    return normal(rng, int(rng.integers(1, 6)), *sizes, channels or choose(rng, VECTOR_WIDTHS))


def draw_pad(rng):
    window = Window(rng, int(rng.integers(1, 4)), ("pairs",))
    modes = window.modes(rng)
    x = normal(rng, int(rng.integers(1, 6)), *window.sizes, choose(rng, VECTOR_WIDTHS))
    names = ["constant", *("constant" if m == "zeros" else m for m in modes), "constant"]
    return Case(
        {"pads": window.pads, "modes": names},
        lambda x: ops.pad(x, [(0, 0), *window.pads, (0, 0)], names),
        lambda x: last(pad_by_axis(first(x), window.pads, modes)),
        [x],
        terms=4,  # the gradient adds up what one element was copied to
    )


def draw_padding_layer(rng):
    names = {
        "Zero": "zeros",
        "Reflection": "reflect",
        "Replication": "replicate",
        "Circular": "circular",
    }
    name = choose(rng, list(names))
    while True:
        window = Window(rng, int(rng.integers(1, 4)), ("pairs",))
        room = {"Reflection": -1, "Circular": 0}.get(name, 9)
        if all(max(p) <= i + room for i, p in zip(window.sizes, window.pads, strict=True)):
            break
    # a 1-D layer takes its pair alone
    padding = window.pads[0] if window.rank == 1 else window.pads
    layer = layer_of(f"{name}Padding*", window.rank)(
        padding, data_format=choose(rng, ("channels_last", "channels_first"))
    )
    modes = (names[name],) * window.rank
    x = normal(rng, int(rng.integers(1, 6)), *window.sizes, choose(rng, VECTOR_WIDTHS))
    x, theirs = in_data_format(layer, x, lambda x: last(pad_by_axis(first(x), window.pads, modes)))
    return Case({"layer": layer.name, **layer.get_config()}, layer, theirs, [x], terms=4)


def draw_crop(rng):
    x = _image(rng)
    pairs = [_cut(rng, size) for size in x.shape[1:-1]]
    return Case(
        {"crop": pairs},
        lambda x: ops.crop(x, [(0, 0), *pairs, (0, 0)]),
        lambda x: last(pad(first(x), [(-a, -b) for a, b in pairs])),
        [x],
        "copy",
    )


def _cut(rng, size):
    before = int(rng.integers(0, size))
    return before, int(rng.integers(0, size - before))


def draw_resize(rng):
    name = choose(rng, ("nearest", "nearest-exact", "linear", "linear", "bicubic"))
    rank = 2 if name == "bicubic" else int(rng.integers(1, 4))
    align = bool(rng.integers(2)) and "nearest" not in name
    antialias = bool(rng.integers(2)) and rank == 2 and "nearest" not in name and not align
    x, size = _image(rng, rank), integers(rng, 1, LARGEST[rank], rank)
    mode = {1: "linear", 2: "bilinear", 3: "trilinear"}[rank] if name == "linear" else name
    interpolation = {"linear": "bilinear", "nearest-exact": "nearest"}.get(name, name)
    convention = "keras" if name == "nearest-exact" else "torch"

    def ours(x):
        return ops.resize(x, size, interpolation, align, antialias, convention)

    def theirs(x):
        corners = None if "nearest" in mode else align
        options = {"mode": mode, "align_corners": corners, "antialias": antialias}
        x = x.float() if "nearest" in mode else x  # where ties fall depends on the precision
        return last(functional.interpolate(first(x), size, **options)).double()

    settings = {"size": size, "mode": mode, "align_corners": align, "antialias": antialias}
    return Case(settings, ours, theirs, [x], "function", terms=4)


def draw_upsample_layer(rng):
    rank = int(rng.integers(1, 4))
    factors = integers(rng, 1, 4, rank)
    layer = layer_of("UpSampling*", rank)(
        factors[0] if rank == 1 else factors,
        data_format=choose(rng, ("channels_last", "channels_first")),
    )
    x, theirs = in_data_format(
        layer,
        _image(rng, rank),
        lambda x: last(functional.interpolate(first(x), scale_factor=[float(f) for f in factors])),
    )
    return Case({"layer": layer.get_config()}, layer, theirs, [x], terms=prod(factors))


def draw_pixel_shuffle(rng):
    r, c = int(rng.integers(1, 5)), int(rng.integers(1, 6))
    if rng.integers(2):
        x = _image(rng, 2, c * r * r)
        return Case(
            {"upscale_factor": r},
            lambda x: ops.pixel_shuffle(x, r),
            lambda x: last(functional.pixel_shuffle(first(x), r)),
            [x],
            "copy",
        )
    h, w = integers(rng, 1, 5, 2)
    return Case(
        {"downscale_factor": r},
        lambda x: ops.pixel_unshuffle(x, r),
        lambda x: last(functional.pixel_unshuffle(first(x), r)),
        [normal(rng, 2, h * r, w * r, c)],
        "copy",
    )


def draw_grid_sample(rng):
    """Points in pixels; PyTorch counts from -1 at the first centre to 1 at the last."""
    rank = int(rng.integers(2, 4))
    sizes = integers(rng, 2, LARGEST[rank], rank)
    n, count = int(rng.integers(1, 6)), int(rng.integers(1, 30))
    x = normal(rng, n, *sizes, choose(rng, VECTOR_WIDTHS))
    points = rng.uniform(-0.4, 1.4, (n, count, rank)) * (np.array(sizes) - 1)
    mode, fill = (
        choose(rng, ("bilinear", "nearest")),
        choose(rng, ("constant", "nearest", "mirror")),
    )
    peer = {"constant": "zeros", "nearest": "border", "mirror": "reflection"}[fill]

    def theirs(x, points):
        last_pixel = torch.tensor(sizes, dtype=x.dtype) - 1
        grid = (points * 2 / last_pixel - 1).flip(-1)
        grid = grid.reshape(n, *(1,) * (rank - 1), count, rank)
        y = functional.grid_sample(first(x), grid, mode, peer, align_corners=True)
        return y.reshape(n, x.shape[-1], count).movedim(1, -1)

    settings = {"interpolation": mode, "fill_mode": fill}
    # the weights' rounding is that of points up to 40 pixels from the origin
    return Case(
        settings,
        lambda x, p: ops.grid_sample(x, p, mode, fill),
        theirs,
        [x, points],
        "function",
        examples=2,
        terms=x.shape[-1] + 4,
    )


def draw_patches(rng):
    while True:
        window = Window(rng, 2, ("valid", "number"))
        if min(window.strides) > 0:
            break
    x = normal(rng, int(rng.integers(1, 6)), *window.sizes, choose(rng, VECTOR_WIDTHS[:9]))

    def ours(x):
        x = ops.pad(x, [(0, 0), *window.pads, (0, 0)])
        return ops.extract_patches(x, window.kernel, window.strides, window.dilation)

    def theirs(x):
        padding = [before for before, _ in window.pads]
        y = functional.unfold(first(x), window.kernel, window.dilation, padding, window.strides)
        y = y.reshape(x.shape[0], x.shape[-1], prod(window.kernel), *window.outputs)
        return y.permute(0, 3, 4, 2, 1).flatten(3)

    settings = {"size": window.kernel, "strides": window.strides, "dilation": window.dilation}
    return Case(settings, ours, theirs, [x], terms=prod(window.kernel))


FAMILIES = {
    "pad": draw_pad,
    "padding_layer": draw_padding_layer,
    "crop": draw_crop,
    "resize": draw_resize,
    "upsampling_layer": draw_upsample_layer,
    "pixel_shuffle": draw_pixel_shuffle,
    "grid_sample": draw_grid_sample,
    "extract_patches": draw_patches,
}
