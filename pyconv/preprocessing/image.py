"""Keras' older names of functions of images."""

from pyconv.data.image_files import array_to_img, img_to_array, load_img, save_img
from pyconv.data.image_sizes import smart_resize

__all__ = ["array_to_img", "img_to_array", "load_img", "save_img", "smart_resize"]
