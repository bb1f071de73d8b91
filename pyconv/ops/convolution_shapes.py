"""What shapes convolutions take."""

from __future__ import annotations

from pyconv.ops.geometry import Geometry
from pyconv.ops.shaping import shape_of


def spatial_rank(name: str, x) -> int:
    """The number of spatial axes of an input; raises ValueError unless there are 0 to 3."""
    rank = len(shape_of(x)) - 2
    if not 0 <= rank <= 3:
        raise ValueError(
            f"{name}: expected an input (n, up to 3 spatial axes, channels), received shape "
            f"{shape_of(x)}"
        )
    return rank


def check_ranks(name: str, x: tuple, kernel: tuple, geometry: Geometry | None = None) -> None:
    """Raises ValueError unless input and kernel have as many spatial axes, at most three, and the
    kernel the axes before them that a geometry asks for."""
    lead = geometry.kernel_axes(x[0]) if geometry else ()
    if len(x) + len(lead) != len(kernel) or not 2 <= len(x) <= 5 or kernel[: len(lead)] != lead:
        axes = "".join(f"{size}, " for size in lead)
        raise ValueError(
            f"{name}: expected an input (n, up to 3 spatial axes, channels) and a kernel ({axes}as "
            f"many spatial axes, channels, filters), received shapes {x} and {kernel}"
        )


def check_conv(name: str, x: tuple, kernel: tuple, geometry: Geometry) -> None:
    """Raises ValueError unless a convolution of this geometry takes such an input and kernel."""
    check_ranks(name, x, kernel, geometry)
    groups = geometry.groups
    if x[-1] != kernel[-2] * groups or kernel[-1] % groups:
        raise ValueError(
            f"{name}: expected the kernel {kernel} to have {x[-1]} / {groups} input channels and a "
            f"multiple of {groups} filters, received an input of shape {x} in {groups} groups"
        )
    check_not_empty(name, x, kernel[geometry.each :])


def check_not_empty(name: str, x: tuple, kernel: tuple) -> None:
    """Kernels take any number of examples, but no other size of 0."""
    if 0 in (*x[1:], *kernel):
        raise ValueError(
            f"{name}: expected sizes of at least 1, received an input of shape {x} and a kernel of "
            f"shape {kernel}; look for an empty slice or pooling before it"
        )
