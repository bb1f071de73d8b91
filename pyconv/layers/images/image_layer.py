"""What layers that prepare and change images share."""

from __future__ import annotations

import numpy as np

from pyconv import ops
from pyconv.graph import Tensor, Variable, as_array
from pyconv.layers.input_spec import InputSpec
from pyconv.layers.spatial import SpatialLayer
from pyconv.ops.dtypes import dtype_of, is_integral
from pyconv.utils.bounding_boxes.formats import convert_format
from pyconv.utils.bounding_boxes.moves import clip_to_image_size
from pyconv.utils.nest import map_structure


class ImageLayer(SpatialLayer):
    """Base of layers that change images in training, one image or a batch, numbers of any dtype;
    in inference they are the identity. Where nobody says so, a call trains, as in Keras.

    Called on a dict, a layer changes its "images", and what belongs to them: "labels",
    "bounding_boxes", a dict of "boxes" (n, k, 4) in the `bounding_box_format` and "labels" (n, k),
    and "segmentation_masks" (n, height, width, c). Whatever else is there stays. A call draws once
    (`get_random_transformation`) and hands what was drawn to `transform_images` and its kin.

    A subclass defines `transform` for a batch with channels last; where it moves pixels, it sets
    `moves` and defines `transform_masks` and `transform_boxes`, too.
    """

    rank = 2
    #: Whether pixels change their places, and masks and boxes with them.
    moves = False
    #: Whether inference is no different.
    always = False
    #: Whether images that are not changed become float32, as they do in Keras' layer.
    casts = True
    #: Whether changed images of integers are integers.
    whole = False

    def __init__(self, data_format=None, bounding_box_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.bounding_box_format = bounding_box_format
        self.input_spec = None

    def _as_input(self, value):
        """Integers keep their dtype: they may be labels."""
        if isinstance(value, np.ndarray) and value.dtype.kind in "iu":
            return as_array(value)
        return super()._as_input(value)

    def __call__(self, data, *args, **kwargs):
        """As any layer; lists of numbers are arrays, too."""
        return super().__call__(_arrays(data), *args, **kwargs)

    # What subclasses define

    def draw(self, rng) -> dict:
        """All random numbers of a call, by name; `rng`: the call's `ImageNumbers`."""
        return {}

    def transform(self, x, drawn: dict):
        """The images (n, height, width, channels), changed as drawn."""
        raise NotImplementedError(f"{type(self).__name__} must define transform")

    def transform_masks(self, x, drawn: dict):
        """Masks (n, height, width, c), moved as drawn."""
        return x

    def transform_boxes(self, boxes, drawn: dict):
        """Boxes (n, k, 4), "xyxy" in pixels, moved as drawn; they are cut to the image later."""
        return boxes

    def sizes_after(self, sizes: tuple) -> tuple:
        """(height, width) of what becomes of images of a size."""
        return sizes

    # Keras' protocol

    def call(self, data, training=True):
        drawn = self.get_random_transformation(data, training=training)
        if not isinstance(data, dict):
            return self.transform_images(data, drawn, training=training)
        changes = {
            "images": self.transform_images,
            "bounding_boxes": self.transform_bounding_boxes,
            "labels": self.transform_labels,
            "segmentation_masks": self.transform_segmentation_masks,
        }
        self._check_entries(data)
        single, outputs = len(data["images"].shape) == 3, dict(data)
        for key, change in changes.items():
            if data.get(key) is not None:
                entry = map_structure(_batch_of_one, data[key]) if single else data[key]
                entry = change(entry, drawn, training=training)
                outputs[key] = map_structure(_only_one, entry) if single else entry
        return outputs

    def _check_entries(self, data: dict) -> None:
        boxes, masks = data.get("bounding_boxes"), data.get("segmentation_masks")
        if masks is not None and len(masks.shape) != len(data["images"].shape):
            raise ValueError(
                "expected `segmentation_masks` with as many axes as `images`, received shapes "
                f"{tuple(masks.shape)} and {tuple(data['images'].shape)}; add an axis of channels"
            )
        if boxes is None:
            return
        if not isinstance(boxes, dict) or not {"boxes", "labels"} <= set(boxes):
            raise ValueError(
                "expected `bounding_boxes` to be a dict with 'boxes' and 'labels', received "
                f"{sorted(boxes) if isinstance(boxes, dict) else type(boxes).__name__}"
            )
        if not self.bounding_box_format:
            raise ValueError(
                "expected a `bounding_box_format` for inputs with 'bounding_boxes', received none; "
                f"make the layer with {type(self).__name__}(bounding_box_format='xyxy')"
            )

    def get_random_transformation(self, data, training=True, seed=None):
        """What a call draws for all entries: a dict, or None where nothing is changed.

        Args:
            data: images, or a dict with them.
            training: whether they are changed.
            seed: an integer or a `SeedGenerator` instead of the layer's own.
        """
        if isinstance(data, dict) and data.get("images") is None:
            raise ValueError(f"expected a dict with 'images', received {sorted(data)}")
        shape = tuple(images_of(data).shape)
        InputSpec(min_ndim=3, max_ndim=4).check(self.name, shape)
        return {"input_shape": shape} if training or self.always else None

    def transform_images(self, images, transformation, training=True):
        """The images, one or a batch in the layer's own layout, changed as drawn."""
        if transformation is None or not (training or self.always):
            return ops.cast(images, "float32") if self.casts else images
        x = ops.cast(images, "float32")
        changed = self.on_images(lambda x: self.transform(x, transformation), x)
        whole = self.whole and is_integral(images)
        return ops.cast(changed, dtype_of(images)) if whole else changed

    def transform_labels(self, labels, transformation, training=True):
        """The images' labels."""
        return labels

    def transform_bounding_boxes(self, bounding_boxes, transformation, training=True):
        """Boxes, (n, k, 4), or (k, 4) of all images, in the layer's format, that went with their
        pixels: cut to the image; where nothing is left of one, its label is -1."""
        floating = {**bounding_boxes, "boxes": ops.cast(bounding_boxes["boxes"], "float32")}
        changed = self.moves and transformation is not None and (training or self.always)
        return self.on_boxes(floating, transformation) if changed else floating

    def transform_segmentation_masks(self, segmentation_masks, transformation, training=True):
        """Masks of the images' layout, whose numbers are moved and not mixed."""
        if not self.moves or transformation is None or not (training or self.always):
            return segmentation_masks
        masks = self.on_images(
            lambda x: self.transform_masks(x, transformation),
            ops.cast(segmentation_masks, "float32"),
        )
        whole = is_integral(segmentation_masks)
        return ops.cast(masks, dtype_of(segmentation_masks)) if whole else masks

    # How it is done

    def on_images(self, transform, images):
        """A function of a batch with channels last, of images in the layer's own layout."""
        InputSpec(min_ndim=3, max_ndim=4).check(self.name, tuple(images.shape))
        if len(images.shape) == 4:
            return self.with_channels_last(transform, images)
        return ops.squeeze(self.with_channels_last(transform, ops.expand_dims(images, 0)), 0)

    def on_boxes(self, bounding_boxes: dict, drawn: dict) -> dict:
        """The boxes moved by `transform_boxes`, in the layer's format again."""
        before = self.sizes_of(drawn["input_shape"])
        after = self.sizes_after(before)
        data = convert_format(bounding_boxes, self.bounding_box_format, "xyxy", *before)
        data = {**data, "boxes": self.transform_boxes(data["boxes"], drawn)}
        data = clip_to_image_size(data, *after)
        return convert_format(data, "xyxy", self.bounding_box_format, *after)

    def sizes_of(self, shape: tuple) -> tuple:
        """(height, width) of one image or a batch."""
        return tuple(shape[-2:] if self.data_format == "channels_first" else shape[-3:-1])

    def compute_output_shape(self, input_shape):
        if isinstance(input_shape, dict):
            maps = ("images", "segmentation_masks")
            shapes = input_shape.items()
            return {k: self.compute_output_shape(s) if k in maps else s for k, s in shapes}
        sizes = self.sizes_after(self.sizes_of(input_shape))
        if self.data_format == "channels_first":
            return (*input_shape[:-2], *sizes)
        return (*input_shape[:-3], *sizes, input_shape[-1])


class ToOneSize:
    """The part of image layers whose results have a `height` and a `width`."""

    height: int
    width: int

    @property
    def sizes(self) -> tuple[int, int]:
        """(height, width) of the results."""
        return self.height, self.width

    def sizes_after(self, sizes: tuple) -> tuple:
        """(height, width) of what becomes of images of a size."""
        return self.sizes


def images_of(data):
    """The images, or their shape, of what a layer is called on."""
    return data["images"] if isinstance(data, dict) else data


def _arrays(data):
    """Lists, and arrays of other libraries, as arrays, in dicts, too."""
    if isinstance(data, dict):
        return {key: _arrays(value) for key, value in data.items()}
    ours = isinstance(data, (Tensor, Variable, np.ndarray))
    others = isinstance(data, (list, tuple)) or (hasattr(data, "__array__") and not ours)
    return ops.convert_to_tensor(data) if others else data


def _batch_of_one(x):
    return ops.expand_dims(x, 0)


def _only_one(x):
    return ops.squeeze(x, 0)


def rescaled(x, old, new):
    """Values of one range in another."""
    if tuple(old) == tuple(new):
        return x
    scale = (new[1] - new[0]) / (old[1] - old[0])
    return (x - old[0]) * scale + new[0]
