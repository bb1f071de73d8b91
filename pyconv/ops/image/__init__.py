"""Keras' `ops.image`: functions of an image (height, width, channels) or a batch of them."""

from functools import partial

from pyconv.ops.replay import replayable
from pyconv.utils.lazy import exports

__all__, __getattr__, __dir__ = exports(
    __name__,
    {
        "blur": "gaussian_blur",
        "color": "hsv_to_rgb rgb_to_grayscale rgb_to_hsv",
        "framing": "crop_images pad_images resize",
        "warping": "affine_transform map_coordinates",
    },
    wrap=partial(replayable, package=__name__),
)
