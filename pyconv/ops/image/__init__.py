"""Keras' `ops.image`: functions of an image (height, width, channels) or a batch of them."""

from functools import partial

from pyconv.ops.replay import replayable
from pyconv.utils.lazy import exports

__all__, __getattr__, __dir__ = exports(
    __name__,
    {
        "blur": "gaussian_blur",
        "color": "hsv_to_rgb rgb_to_grayscale rgb_to_hsv",
        "distortion": "elastic_transform perspective_transform",
        "framing": "crop_images pad_images resize",
        "sampled": "scale_and_translate",
        "structure": "sobel_edges ssim",
        "warping": "affine_transform map_coordinates",
        "windows": "extract_patches extract_patches_3d",
    },
    wrap=partial(replayable, package=__name__),
)
