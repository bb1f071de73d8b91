"""Keras' functions of bounding boxes: formats, moves, overlaps, offsets from anchors."""

from pyconv.utils.lazy import exports

__all__, __getattr__, __dir__ = exports(
    __name__,
    {
        "anchors": "decode_deltas_to_boxes encode_box_to_deltas",
        "formats": "convert_format",
        "moves": "affine_transform clip_to_image_size crop pad",
        "overlaps": "compute_ciou compute_iou",
    },
)
