"""Pooling, against PyTorch."""

from math import inf, prod

from pyconv import ops
from tests.peers.differential import VECTOR_WIDTHS, Case, choose, integers, normal
from tests.peers.geometries import LARGEST, Window, in_data_format, layer_of
from tests.peers.torch_layout import by_rank, first, functional, last, pad, torch


def _settings(window, **others):
    names = ("kernel", "strides", "padding", "dilation")
    return {**{name: getattr(window, name) for name in names}, **others}


def _window(rng, dilated=True, halves=False):
    """A window; with `halves` PyTorch's own padding: a number, at most half of the kernel."""
    while True:
        window = Window(rng, int(rng.integers(1, 4)), ("valid", "same", "number", "pairs"))
        narrow = all(max(p) < k for p, k in zip(window.pads, window.kernel, strict=True))
        half = all(
            a == b and 2 * a <= k for (a, b), k in zip(window.pads, window.kernel, strict=True)
        )
        if (
            _all_see(window)
            and (half if halves else narrow)
            and (dilated or max(window.dilation) == 1)
        ):
            return window


def _all_see(window):
    """Whether every window, hanging ones included, has a cell in the image. PyTorch 2.13 writes
    outside of its memory in the gradient of maxima over none."""
    axes = zip(
        window.sizes, window.kernel, window.strides, window.dilation, window.pads, strict=True
    )
    return all(
        any(0 <= start + d * m < i for m in range(k))
        for i, k, s, d, (before, _) in axes
        for start in range(-before, i, s)
    )


def _input(rng, window):
    return normal(rng, int(rng.integers(1, 6)), *window.sizes, choose(rng, VECTOR_WIDTHS))


def draw_max_pool(rng):
    """Paddings of all kinds: PyTorch pools an image with -infinity around it."""
    window = _window(rng)

    def ours(x):
        return ops.max_pool(x, window.kernel, window.strides, window.padding, None, window.dilation)

    def theirs(x):
        x = pad(first(x), window.pads, value=-inf)
        pool = by_rank("max_pool", window.rank)
        return last(pool(x, window.kernel, window.strides, 0, window.dilation))

    terms = prod(window.kernel)  # of the gradient, where windows overlap
    return Case(_settings(window), ours, theirs, [_input(rng, window)], terms=terms)


def _halves(window):
    return [before for before, _ in window.pads]


def draw_max_pool_ceil(rng):
    """PyTorch's own padding and its ceil mode."""
    window, ceil = _window(rng, halves=True), bool(rng.integers(2))

    def ours(x):
        return ops.max_pool(
            x, window.kernel, window.strides, window.pads, None, window.dilation, ceil
        )

    def theirs(x):
        options = (window.kernel, window.strides, _halves(window), window.dilation, ceil)
        return last(by_rank("max_pool", window.rank)(first(x), *options))

    settings = _settings(window, ceil_mode=ceil)
    return Case(settings, ours, theirs, [_input(rng, window)], terms=prod(window.kernel))


def draw_average_pool(rng):
    """Paddings of all kinds, not counted: PyTorch divides by the average of ones."""
    window = _window(rng, dilated=False)

    def ours(x):
        return ops.average_pool(x, window.kernel, window.strides, window.padding)

    def theirs(x):
        pool, options = by_rank("avg_pool", window.rank), (window.kernel, window.strides)
        total, cells = (
            pool(pad(t, window.pads), *options) for t in (first(x), torch.ones_like(first(x)))
        )
        return last(total / cells)

    terms = prod(window.kernel)
    return Case(_settings(window), ours, theirs, [_input(rng, window)], "mean", terms=terms)


def draw_average_pool_ceil(rng):
    while True:  # PyTorch's gradient in 3-D takes no kernel larger than the image
        window = _window(rng, dilated=False, halves=True)
        if window.rank < 3 or all(k <= i for k, i in zip(window.kernel, window.sizes, strict=True)):
            break
    ceil, count = (bool(b) for b in rng.integers(0, 2, 2))

    def ours(x):
        return ops.average_pool(x, window.kernel, window.strides, window.pads, None, ceil, count)

    def theirs(x):
        options = (window.kernel, window.strides, _halves(window), ceil, count)
        return last(by_rank("avg_pool", window.rank)(first(x), *options))

    settings = _settings(window, ceil_mode=ceil, count_padding=count)
    return Case(settings, ours, theirs, [_input(rng, window)], "mean", terms=prod(window.kernel))


def draw_lp_pool(rng):
    """PyTorch adds up x^p; this package, as the paper, |x|^p."""
    while True:
        window = Window(rng, int(rng.integers(1, 4)), ("valid",))
        if max(window.dilation) == 1:
            break
    p = choose(rng, (1.0, 2.0, 3.0, 1.5, 4.0))

    def ours(x):
        return ops.lp_pool(x, p, window.kernel, window.strides)

    def theirs(x):
        x = first(x).abs()
        if window.rank == 1:
            return last(functional.lp_pool1d(x, p, window.kernel[0], window.strides[0]))
        pool = getattr(functional, f"lp_pool{window.rank}d")
        return last(pool(x, p, window.kernel, window.strides))

    settings = _settings(window, p=p)
    return Case(
        settings, ours, theirs, [_input(rng, window)], "function", terms=prod(window.kernel)
    )


def draw_adaptive(rng):
    rank, name = int(rng.integers(1, 4)), choose(rng, ("average", "max"))
    sizes, outputs = (integers(rng, 1, LARGEST[rank], rank) for _ in range(2))
    x = normal(rng, int(rng.integers(1, 6)), *sizes, choose(rng, VECTOR_WIDTHS))
    pool = by_rank(f"adaptive_{'avg' if name == 'average' else name}_pool", rank)
    return Case(
        {"pool": name, "output_size": outputs},
        lambda x: getattr(ops, f"adaptive_{name}_pool")(x, outputs),
        lambda x: last(pool(first(x), outputs)),
        [x],
        "mean",
        terms=max(prod(sizes) // prod(outputs), 1),
    )


def draw_unpool(rng):
    """Max pooling with indices and its way back; windows do not overlap."""
    while True:
        window = _window(rng, dilated=False, halves=True)
        if all(s >= k for s, k in zip(window.strides, window.kernel, strict=True)):
            break
    halves = _halves(window)

    def ours(x):
        options = (window.kernel, window.strides, window.pads)
        y, indices = ops.max_pool_with_indices(x, *options)
        return ops.max_unpool(y * y, indices, *options, output_size=window.sizes)

    def theirs(x):
        options = (window.kernel, window.strides, halves)
        pool, back = (by_rank(name, window.rank) for name in ("max_pool", "max_unpool"))
        y, indices = pool(first(x), *options, return_indices=True)
        return last(back(y * y, indices, *options, output_size=window.sizes))

    return Case(_settings(window), ours, theirs, [_input(rng, window)], "function")


def draw_pooling_layer(rng):
    name = choose(rng, ("Max", "Average"))
    window = _window(rng, dilated=False)
    layer = layer_of(f"{name}Pooling*", window.rank)(
        window.kernel,
        window.strides,
        window.padding,
        data_format=choose(rng, ("channels_last", "channels_first")),
    )
    peer = "max_pool" if name == "Max" else "avg_pool"
    fill = -inf if name == "Max" else 0.0

    def theirs(x):
        pool = by_rank(peer, window.rank)
        options = (window.kernel, window.strides)
        y = pool(pad(first(x), window.pads, value=fill), *options)
        if name == "Average":
            y = y / pool(pad(torch.ones_like(first(x)), window.pads), *options)
        return last(y)

    x, theirs = in_data_format(layer, _input(rng, window), theirs)
    return Case(
        {"layer": layer.get_config()}, layer, theirs, [x], "mean", terms=prod(window.kernel)
    )


def draw_global_layer(rng):
    rank, name = int(rng.integers(1, 4)), choose(rng, ("Max", "Average"))
    layer = layer_of(f"Global{name}Pooling*", rank)(
        keepdims=bool(rng.integers(2)), data_format=choose(rng, ("channels_last", "channels_first"))
    )
    sizes = integers(rng, 1, LARGEST[rank], rank)
    x = normal(rng, int(rng.integers(1, 6)), *sizes, choose(rng, VECTOR_WIDTHS))
    axes = (
        tuple(range(1, rank + 1))
        if layer.data_format == "channels_last"
        else (tuple(range(2, rank + 2)))
    )
    reduce = torch.amax if name == "Max" else torch.mean
    return Case(
        {"layer": layer.get_config()},
        layer,
        lambda x: reduce(x, axes, layer.keepdims),
        [x],
        "mean",
        terms=prod(sizes),
    )


FAMILIES = {
    "max_pool": draw_max_pool,
    "max_pool_ceil": draw_max_pool_ceil,
    "average_pool": draw_average_pool,
    "average_pool_ceil": draw_average_pool_ceil,
    "lp_pool": draw_lp_pool,
    "adaptive_pool": draw_adaptive,
    "max_unpool": draw_unpool,
    "pooling_layer": draw_pooling_layer,
    "global_pooling_layer": draw_global_layer,
}
