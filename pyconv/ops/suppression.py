"""Choosing among boxes that overlap."""

from __future__ import annotations

from pyconv.graph import Node, Op, Spec, apply, extent
from pyconv.ops.boxes import convert_boxes
from pyconv.ops.elementwise import expect_float
from pyconv.ops.index import indices_of
from pyconv.ops.shaping import expand_dims, shape_of
from pyconv.ops.slices import getitem
from pyconv.utils.arguments import number, whole


class NonMaximumSuppression(Op):
    """Indices (n, size), -1 where there are no more, and counts (n,) of the boxes kept.

    Inputs: boxes (n, k, 4) by their corners, scores (n, k), optionally classes (n, k), int32.
    """

    size: int
    iou_threshold: float
    score_threshold: float

    def infer(self, boxes: Spec, scores: Spec, classes: Spec | None = None) -> Spec:
        expect_float("non_maximum_suppression", boxes, scores)
        if len(boxes.shape) != 3 or boxes.shape[2] != 4 or scores.shape != boxes.shape[:2]:
            raise ValueError(
                f"non_maximum_suppression: expected boxes (n, k, 4) and scores (n, k), received "
                f"shapes {boxes.shape} and {scores.shape}"
            )
        if classes is not None and (classes.shape, classes.dtype) != (scores.shape, "int32"):
            raise ValueError(
                f"non_maximum_suppression: expected classes of shape {scores.shape} and dtype "
                f"int32, received {classes.shape} and {classes.dtype}"
            )
        return Spec((boxes.shape[0], self.size), "int32"), Spec((boxes.shape[0],), "int32")

    def lower(self, lowering, node: Node) -> None:
        boxes, scores, *classes = node.inputs
        indices, counts = node.outputs
        lowering.emit(
            "non_maximum_suppression",
            {
                "boxes": boxes,
                "scores": scores,
                "classes": classes[0] if classes else None,
                "indices": indices,
                "counts": counts,
            },
            {"iou": self.iou_threshold, "score": self.score_threshold},
            **extent(boxes.shape),
            k=boxes.shape[1],
            size=self.size,
        )


def non_maximum_suppression(
    boxes,
    scores,
    max_output_size: int,
    iou_threshold: float = 0.5,
    score_threshold: float | None = None,
    classes=None,
    box_format: str = "xyxy",
):
    """The best boxes that do not overlap much: again and again the one of the highest score is
    kept, and those that overlap it by more than `iou_threshold` are removed.

    Of equal scores the lower index comes first. A box or score that is not a number is never kept.

    Args:
        boxes: (n, k, 4), or (k, 4) of one image.
        scores: (n, k), or (k,).
        max_output_size: how many boxes are kept at most.
        iou_threshold: overlap (`box_iou`), 0 to 1, from above which a box is removed.
        score_threshold: only boxes of higher scores are kept; None: all.
        classes: None, or int32 (n, k): boxes of different classes leave each other alone.
        box_format: as in `convert_boxes`.

    Returns:
        indices, int32 (n, max_output_size), the best first and -1 behind the last; counts, int32
        (n,), of those that are not -1. Without the axis n for one image.

    Raises:
        ValueError: shapes or numbers that do not fit.

    Example:
        >>> from pyconv import ops
        >>> boxes = [[0.0, 0.0, 2.0, 2.0], [0.1, 0.0, 2.1, 2.0], [3.0, 3.0, 4.0, 4.0]]
        >>> indices, count = ops.non_maximum_suppression(boxes, [0.8, 0.9, 0.7], 3)
        >>> indices, int(count)
        (array([ 1,  2, -1], dtype=int32), 2)
    """
    score_threshold = float("-inf") if score_threshold is None else score_threshold
    op = NonMaximumSuppression(
        whole(max_output_size, "max_output_size"),
        number(iou_threshold, "iou_threshold", least=0, most=1),
        number(score_threshold, "score_threshold"),
    )
    inputs = [convert_boxes(boxes, box_format, "xyxy"), scores]
    inputs += [] if classes is None else [indices_of("non_maximum_suppression", classes, None)]
    if len(shape_of(boxes)) == 2:
        results = apply(op, *(expand_dims(x, 0) for x in inputs))
        return tuple(getitem(x, 0) for x in results)
    return apply(op, *inputs)
