"""Detection on a grid: objectness, class and box of each cell, a loss of our own, and NMS."""

import numpy as np

import pyconv as keras
from pyconv import layers, ops

keras.utils.set_random_seed(27)
SIZE, GRID, CLASSES = 48, 6, 2
CELL = SIZE // GRID


def scenes(n, rng):
    """Up to three squares (class 0) and discs (class 1); boxes as rows (class, x, y, w, h)."""
    x = 0.1 * rng.standard_normal((n, SIZE, SIZE, 1))
    y = np.zeros((n, GRID, GRID, 5 + CLASSES))
    rows, columns = np.mgrid[:SIZE, :SIZE]
    boxes = []
    for i in range(n):
        boxes.append([])
        for cell in rng.choice(GRID * GRID, rng.integers(1, 4), replace=False):
            row, column = divmod(cell, GRID)
            offset = rng.uniform(0.2, 0.8, 2)
            cx, cy = (column + offset[0]) * CELL, (row + offset[1]) * CELL
            half, kind = rng.uniform(3, 5), rng.integers(0, CLASSES)
            if kind:
                inside = np.hypot(rows - cy, columns - cx) < half
            else:
                inside = np.maximum(abs(rows - cy), abs(columns - cx)) < half
            x[i, inside, 0] += 1
            y[i, row, column, :5] = 1, offset[0], offset[1], 2 * half / SIZE, 2 * half / SIZE
            y[i, row, column, 5 + kind] = 1
            boxes[-1].append((kind, cx, cy, half))
    return x.astype("float32"), y.astype("float32"), boxes


def detection_loss(y_true, y_pred):
    """Squared errors of boxes and classes in cells with an object, of objectness in all."""
    present = y_true[..., :1]
    places = ops.sum(present * ops.square(y_true[..., 1:3] - y_pred[..., 1:3]), axis=-1)
    sizes = ops.sum(
        present * ops.square(ops.sqrt(y_true[..., 3:5] + 1e-6) - ops.sqrt(y_pred[..., 3:5] + 1e-6)),
        axis=-1,
    )
    classes = ops.sum(present * ops.square(y_true[..., 5:] - y_pred[..., 5:]), axis=-1)
    objects = ops.square(y_true[..., 0] - y_pred[..., 0])
    weights = ops.where(y_true[..., 0] > 0.5, 1.0, 0.5)
    cells = 5 * (places + sizes) + classes + weights * objects
    return ops.mean(ops.sum(cells, axis=(1, 2)))


def detector():
    inputs = keras.Input((SIZE, SIZE, 1))
    x = inputs
    for filters in (16, 32, 64):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.LeakyReLU(negative_slope=0.1)(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(64, 3, padding="same", activation="relu")(x)
    outputs = layers.Conv2D(5 + CLASSES, 1, activation="sigmoid")(x)
    return keras.Model(inputs, outputs)


rng = np.random.default_rng(0)
x_train, y_train, _ = scenes(800, rng)
x_test, y_test, truth = scenes(100, rng)

model = detector()
schedule = keras.optimizers.schedules.CosineDecay(
    initial_learning_rate=0.0, decay_steps=400, warmup_target=3e-3, warmup_steps=50
)
model.compile(optimizer=keras.optimizers.Adam(schedule, clipnorm=5.0), loss=detection_loss)
model.fit(x_train, y_train, batch_size=32, epochs=18, validation_data=(x_test, y_test), verbose=2)


def decode(grid):
    """Boxes (score, class, x, y, half) of a grid of predictions, in pixels."""
    found = []
    for row, column in zip(*np.nonzero(grid[..., 0] > 0.4), strict=True):
        score, dx, dy, w, _ = grid[row, column, :5]
        kind = int(np.argmax(grid[row, column, 5:]))
        found.append((score, kind, (column + dx) * CELL, (row + dy) * CELL, w * SIZE / 2))
    return sorted(found, reverse=True)


def iou(a, b):
    edges = [min(a[i] + a[2], b[i] + b[2]) - max(a[i] - a[2], b[i] - b[2]) for i in (0, 1)]
    common = max(edges[0], 0) * max(edges[1], 0)
    return common / (4 * a[2] ** 2 + 4 * b[2] ** 2 - common)


hits = total = drawn = 0
for grid, objects in zip(model.predict(x_test), truth, strict=True):
    kept = []
    for box in decode(grid):
        if all(iou(box[2:], other[2:]) < 0.5 for other in kept):
            kept.append(box)
    drawn += len(kept)
    total += len(objects)
    for kind, *place in objects:
        hits += any(box[1] == kind and iou(box[2:], place) > 0.5 for box in kept)
print("Precision:", hits / max(drawn, 1))
print("Objects found:", hits / total)
