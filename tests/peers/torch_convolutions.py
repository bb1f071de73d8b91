"""Convolution and its kin, against PyTorch."""

from math import prod

from pyconv import ops
from tests.peers.differential import Case, choose, normal
from tests.peers.geometries import draw_conv, in_data_format, layer_of
from tests.peers.torch_layout import conv, conv_transpose, torch


def _settings(window, groups, **others):
    names = ("strides", "padding", "dilation")
    return {**{name: getattr(window, name) for name in names}, "groups": groups, **others}


def _bias(rng, filters):
    return [normal(rng, filters)] if rng.integers(2) else []


def draw_conv_op(rng):
    window, n, ic, oc, groups = draw_conv(rng)
    modes, flip = window.modes(rng), bool(rng.integers(2))
    x = normal(rng, n, *window.sizes, ic)
    kernel = normal(rng, *window.kernel, ic // groups, oc)
    spatial = tuple(range(window.rank))

    def ours(x, kernel, bias=None):
        return ops.conv(
            x, kernel, window.strides, window.padding, None, window.dilation, groups, bias, flip,
            modes,
        )  # fmt: skip

    def theirs(x, kernel, bias=None):
        kernel = kernel.flip(spatial) if flip else kernel
        return conv(x, kernel, bias, window.strides, window.pads, window.dilation, groups, modes)

    settings = _settings(window, groups, modes=modes, flip_kernel=flip)
    terms = prod(window.kernel) * ic // groups
    return Case(settings, ours, theirs, [x, kernel, *_bias(rng, oc)], terms=terms)


def draw_kernel_each(rng):
    """A kernel for each example; PyTorch convolves them one by one."""
    window, n, ic, oc, groups = draw_conv(rng)
    modes = window.modes(rng)
    x = normal(rng, n, *window.sizes, ic)
    kernels = normal(rng, n, *window.kernel, ic // groups, oc)

    def ours(x, kernels):
        return ops.conv(
            x, kernels, window.strides, window.padding, None, window.dilation, groups,
            padding_mode=modes,
        )  # fmt: skip

    def theirs(x, kernels):
        options = (None, window.strides, window.pads, window.dilation, groups, modes)
        return torch.cat([conv(x[i : i + 1], kernels[i], *options) for i in range(n)])

    settings = _settings(window, groups, modes=modes)
    terms = prod(window.kernel) * ic // groups
    return Case(settings, ours, theirs, [x, kernels], examples=2, terms=terms)


def draw_kernel_gradient(rng):
    """The textbook's g, and its gradients: the second derivatives of convolution."""
    window, n, ic, oc, groups = draw_conv(rng)
    modes = window.modes(rng)
    options = (window.strides, window.padding, window.dilation, groups)
    x, g = normal(rng, n, *window.sizes, ic), normal(rng, n, *window.outputs, oc)

    def ours(x, g):
        return ops.conv_kernel_gradient(x, g, window.kernel, *options, padding_mode=modes)

    def theirs(x, g):
        kernel = torch.zeros(*window.kernel, ic // groups, oc, dtype=x.dtype, requires_grad=True)
        y = conv(x, kernel, None, window.strides, window.pads, window.dilation, groups, modes)
        return torch.autograd.grad(y, kernel, g, create_graph=True)[0]

    settings = _settings(window, groups, modes=modes)
    terms = n * prod(window.outputs)
    return Case(settings, ours, theirs, [x, g], examples=0, terms=max(terms, 2))


def _transposed_sizes(rng, window):
    """(output_padding or None, output sizes, pads) of a transpose of inputs window.outputs."""
    least = [
        (i - 1) * s + r - sum(p)
        for i, s, r, p in zip(
            window.outputs, window.strides, window.reaches, window.pads, strict=True
        )
    ]
    extra = tuple(int(rng.integers(0, s)) for s in window.strides)
    return extra, tuple(a + b for a, b in zip(least, extra, strict=True))


def draw_conv_transpose(rng):
    """Paddings that do not depend on the size, with output_padding; channels in groups."""
    while True:
        numbers = ("valid", "full", "causal", "number", "pairs")
        window, n, oc, ic, groups = draw_conv(rng, paddings=numbers)
        extra, sizes = _transposed_sizes(rng, window)
        if min(sizes) > 0:
            break
    x = normal(rng, n, *window.outputs, ic)
    kernel = normal(rng, *window.kernel, oc // groups, ic)

    def ours(x, kernel, bias=None):
        return ops.conv_transpose(
            x, kernel, window.strides, window.padding, extra, None, window.dilation, bias, groups
        )

    def theirs(x, kernel, bias=None):
        return conv_transpose(
            x, kernel, bias, window.strides, window.pads, window.dilation, groups, sizes
        )

    settings = _settings(window, groups, output_padding=extra)
    terms = prod(window.kernel) * ic // groups
    return Case(settings, ours, theirs, [x, kernel, *_bias(rng, oc)], terms=terms)


def draw_transpose_of_size(rng):
    """input_size and padding modes: PyTorch differentiates its convolution."""
    window, n, oc, ic, groups = draw_conv(rng)
    modes, flip = window.modes(rng), bool(rng.integers(2))
    x = normal(rng, n, *window.outputs, ic)
    kernel = normal(rng, *window.kernel, oc // groups, ic)

    def ours(x, kernel):
        return ops.conv_transpose(
            x,
            kernel,
            window.strides,
            window.padding,
            None,
            None,
            window.dilation,
            None,
            groups,
            window.sizes,
            flip,
            modes,
        )

    def theirs(x, kernel):
        kernel = kernel.flip(tuple(range(window.rank))) if flip else kernel
        v = torch.zeros(n, *window.sizes, oc, dtype=x.dtype, requires_grad=True)
        z = conv(v, kernel, None, window.strides, window.pads, window.dilation, groups, modes)
        return torch.autograd.grad(z, v, x, create_graph=True)[0]

    settings = _settings(window, groups, modes=modes, flip_kernel=flip, input_size=window.sizes)
    terms = prod(window.kernel) * ic // groups
    return Case(settings, ours, theirs, [x, kernel], terms=terms)


def draw_depthwise(rng):
    window, n, c, _, _ = draw_conv(rng)
    modes, multiplier = window.modes(rng), choose(rng, (1, 1, 2, 3, 8))
    x, kernel = normal(rng, n, *window.sizes, c), normal(rng, *window.kernel, c, multiplier)

    def ours(x, kernel, bias=None):
        return ops.depthwise_conv(
            x,
            kernel,
            window.strides,
            window.padding,
            None,
            window.dilation,
            bias,
            padding_mode=modes,
        )

    def theirs(x, kernel, bias=None):
        kernel = kernel.reshape(*window.kernel, 1, c * multiplier)
        return conv(x, kernel, bias, window.strides, window.pads, window.dilation, c, modes)

    settings = _settings(window, c, modes=modes)
    arrays = [x, kernel, *_bias(rng, c * multiplier)]
    return Case(settings, ours, theirs, arrays, terms=prod(window.kernel))


def draw_separable(rng):
    window, n, c, oc, _ = draw_conv(rng)
    modes, multiplier = window.modes(rng), choose(rng, (1, 2, 3))
    x, kernel = normal(rng, n, *window.sizes, c), normal(rng, *window.kernel, c, multiplier)
    pointwise = normal(rng, *(1,) * window.rank, c * multiplier, oc)

    def ours(x, kernel, pointwise, bias=None):
        return ops.separable_conv(
            x,
            kernel,
            pointwise,
            window.strides,
            window.padding,
            None,
            window.dilation,
            bias,
            padding_mode=modes,
        )

    def theirs(x, kernel, pointwise, bias=None):
        kernel = kernel.reshape(*window.kernel, 1, c * multiplier)
        x = conv(x, kernel, None, window.strides, window.pads, window.dilation, c, modes)
        none = [(0, 0)] * window.rank
        return conv(x, pointwise, bias, 1, none, 1, 1, modes)

    settings = _settings(window, c, modes=modes)
    terms = prod(window.kernel) * c * multiplier
    return Case(settings, ours, theirs, [x, kernel, pointwise, *_bias(rng, oc)], terms=terms)


def _layer_case(rng, layer, theirs, shape, **options):
    """A built layer with random weights; `theirs` takes channels-last inputs and the weights."""
    x, theirs = in_data_format(layer, normal(rng, *shape), theirs)
    layer.build(x.shape)
    weights = [normal(rng, *w.shape) for w in layer.weights]
    layer.set_weights(weights)
    settings = {"layer": type(layer).__name__, **layer.get_config()}
    return Case(
        settings,
        lambda x, *_: layer(x),
        theirs,
        [x, *weights],
        weights=layer.trainable_weights,
        **options,
    )


ACTIVATIONS = {
    None: lambda x: x,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "softplus": torch.nn.functional.softplus,
}


def draw_conv_layer(rng):
    window, n, ic, oc, groups = draw_conv(rng)
    activation = choose(rng, list(ACTIVATIONS))
    mode = window.mode(rng)
    layer = layer_of("Conv*", window.rank)(
        oc,
        window.kernel,
        window.strides,
        window.padding,
        dilation_rate=window.dilation,
        groups=groups,
        activation=activation,
        use_bias=bool(rng.integers(2)),
        data_format=choose(rng, ("channels_last", "channels_first")),
        padding_mode=mode,
    )
    modes = (mode,) * window.rank

    def theirs(x, kernel, bias=None):
        y = conv(x, kernel, bias, window.strides, window.pads, window.dilation, groups, modes)
        return ACTIVATIONS[activation](y)

    terms = prod(window.kernel) * ic // groups
    return _layer_case(rng, layer, theirs, (n, *window.sizes, ic), terms=terms)


FAMILIES = {
    "conv": draw_conv_op,
    "conv_layer": draw_conv_layer,
    "kernel_each": draw_kernel_each,
    "conv_kernel_gradient": draw_kernel_gradient,
    "conv_transpose": draw_conv_transpose,
    "conv_transpose_of_size": draw_transpose_of_size,
    "depthwise_conv": draw_depthwise,
    "separable_conv": draw_separable,
}
