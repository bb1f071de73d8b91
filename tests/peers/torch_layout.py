"""PyTorch's functions on this package's layout: channels last, kernels (spatial..., in, out)."""

import pytest

torch = pytest.importorskip("torch", reason="PyTorch, the peer, is not installed")
functional = torch.nn.functional

PADDING_MODES = {
    "zeros": "constant",
    "reflect": "reflect",
    "replicate": "replicate",
    "circular": "circular",
}


def first(x):
    """(n, spatial..., c) -> (n, c, spatial...)."""
    return x.movedim(-1, 1)


def last(x):
    return x.movedim(1, -1)


def by_rank(name: str, rank: int):
    """The function of 1, 2 or 3 spatial axes."""
    return getattr(functional, f"{name}{rank}d")


def pad(x, pads, mode="constant", value=0.0):
    """x channels first, with pads (before, after) of each spatial axis; negative ones cut."""
    flat = [p for pair in reversed(pads) for p in pair]
    return (
        functional.pad(x, flat, mode, value)
        if mode == "constant"
        else (functional.pad(x, flat, mode))
    )


def pad_by_axis(x, pads, modes):
    """`pad` with a mode for each axis."""
    for axis, (pair, mode) in enumerate(zip(pads, modes, strict=True)):
        alone = [(0, 0)] * len(pads)
        alone[axis] = pair
        if pair != (0, 0):
            x = pad(x, alone, PADDING_MODES[mode])
    return x


def kernel_first(kernel):
    """(spatial..., a, b) -> (b, a, spatial...)."""
    return kernel.movedim((-1, -2), (0, 1)).contiguous()


def conv(x, kernel, bias, strides, pads, dilation, groups, modes):
    """Convolution of channels-last x."""
    rank = x.ndim - 2
    x = pad_by_axis(first(x), pads, modes)
    function = by_rank("conv", rank)
    return last(function(x, kernel_first(kernel), bias, strides, 0, dilation, groups))


def conv_transpose(x, kernel, bias, strides, pads, dilation, groups, sizes):
    """The transpose of a convolution whose input had these sizes and zeros around it."""
    function = by_rank("conv_transpose", x.ndim - 2)
    whole = function(first(x), kernel_first(kernel), None, strides, 0, 0, groups, dilation)
    ends = [
        size - (length - before)
        for size, length, (before, _) in zip(sizes, whole.shape[2:], pads, strict=True)
    ]
    y = last(pad(whole, [(-before, end) for (before, _), end in zip(pads, ends, strict=True)]))
    return y if bias is None else y + bias
