"""Single images and channels first, converted at the edge."""

from __future__ import annotations

from pyconv.config.defaults import standardize_data_format
from pyconv.ops.dtypes import dtype_of, is_integral
from pyconv.ops.elementwise import cast
from pyconv.ops.shaping import expand_dims, shape_of, squeeze, transpose


def on_batch(function: str, transform, images, data_format, same_dtype: bool = False):
    """transform(x) of images as x (n, height, width, channels), float32, in their own layout again;
    `same_dtype` cuts fractions off where the images have integers."""
    single = len(shape_of(images)) == 3
    if len(shape_of(images)) not in (3, 4):
        raise ValueError(
            f"{function}: expected one image of 3 axes or a batch of 4, received shape "
            f"{shape_of(images)}"
        )
    if single and shape_of(images)[0] is None:
        raise ValueError(f"{function}: expected a batch of 4 axes, received {shape_of(images)}")
    x = expand_dims(images, 0) if single else images
    x = cast(x, "float32")
    if standardize_data_format(data_format) == "channels_first":
        x = transpose(transform(transpose(x, (0, 2, 3, 1))), (0, 3, 1, 2))
    else:
        x = transform(x)
    x = squeeze(x, 0) if single else x
    return cast(x, dtype_of(images)) if same_dtype and is_integral(images) else x
