"""How convolutions are computed."""

from __future__ import annotations

from pyconv import core

#: What `set_conv_algorithm` takes.
CONV_ALGORITHMS = ("auto", "winograd", "fft", "narrow", "dense", "direct", "reference")

#: The passes of a convolution, for `conv_algorithm`.
CONV_PASSES = ("forward", "backward_data", "backward_weights")


def set_conv_algorithm(name: str) -> None:
    """Chooses how convolutions are computed, from the next call on.

    Winograd's convolution (Lavin & Gray 2016; 2x2, 3x3 and 5x5 with stride 1, 4x4 and 6x6 with
    stride 2) does 2 to 4 times fewer products, and rounds more:
    about 3e-6 of the result's root mean square, where the direct sum has 3e-7. It reads tiles of
    6x6 pixels, so that an infinity or NaN in the input may reach all outputs of its tiles. Large
    kernels go through Fourier transforms of tiles of up to 64x64 pixels; so do infinities.

    Args:
        name: "auto", the fastest known for each shape and pass; or "winograd", "fft" (of
            stride 1), "narrow" (few channels in each group), "dense" (over one pixel, with the
            kernel read as it lies), "direct", "reference" (float64 loops, slow) wherever that
            algorithm can; other convolutions keep their own choice.

    Raises:
        ValueError: an unknown name.

    Example:
        >>> import pyconv
        >>> shapes = (1, 56, 56, 64), (3, 3, 64, 64)
        >>> pyconv.config.conv_algorithm(*shapes)
        'winograd'
        >>> pyconv.config.set_conv_algorithm("direct")
        >>> pyconv.config.conv_algorithm(*shapes)
        'direct'
        >>> pyconv.config.set_conv_algorithm("auto")
    """
    if name not in CONV_ALGORITHMS:
        raise ValueError(
            f"set_conv_algorithm: expected one of {', '.join(CONV_ALGORITHMS)}, received {name!r}"
        )
    core.force_conv_algorithm(None if name == "auto" else name)
    from pyconv.plan.function import forget_plans

    forget_plans()


def conv_algorithm(
    input_shape: tuple,
    kernel_shape: tuple,
    strides=1,
    padding="valid",
    dilation_rate=1,
    direction: str = "forward",
) -> str:
    """Name of the algorithm that a convolution of these shapes uses; see `set_conv_algorithm`.

    Args:
        input_shape: (n, spatial..., channels) of the convolution's input, in all passes.
        kernel_shape: (spatial..., channels / groups, filters).
        strides, padding, dilation_rate: as in `pyconv.ops.conv`.
        direction: "forward", "backward_data" (the input's gradient, and transposed convolution) or
            "backward_weights" (the kernel's gradient).

    Returns:
        A name of `CONV_ALGORITHMS`, but "auto".

    Raises:
        ValueError: shapes that do not fit, an unknown direction.

    Example:
        >>> import pyconv
        >>> pyconv.config.conv_algorithm((1, 28, 28, 1), (3, 3, 1, 32))
        'direct'
    """
    if direction not in CONV_PASSES:
        raise ValueError(
            f"conv_algorithm: expected a direction of {', '.join(CONV_PASSES)}, received "
            f"{direction!r}"
        )
    from pyconv.ops.convolution_ops import op_params

    params = op_params(input_shape, kernel_shape, strides, padding, dilation_rate)
    return core.conv_algorithm(f"conv_{direction}", params)
