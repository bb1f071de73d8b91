"""PointNet: classification of point clouds, with learned rotations kept orthogonal."""

import numpy as np

import pyconv as keras
from pyconv import layers, ops

keras.utils.set_random_seed(37)
NUM_POINTS = 128
NUM_CLASSES = 3
BATCH_SIZE = 32


def clouds(n, rng):
    """Points on the surface of a sphere (0), of a cube (1), and on a ring (2), turned at random."""
    y = rng.integers(0, NUM_CLASSES, n)
    p = rng.standard_normal((n, NUM_POINTS, 3))
    sphere = p / np.linalg.norm(p, axis=-1, keepdims=True)
    cube = p / np.abs(p).max(axis=-1, keepdims=True)
    flat = p * [1, 1, 0]
    ring = flat / np.linalg.norm(flat, axis=-1, keepdims=True)
    points = np.choose(y[:, None, None], [sphere, cube, ring])
    rotations = np.linalg.qr(rng.standard_normal((n, 3, 3)))[0]
    points = points @ rotations + 0.02 * rng.standard_normal(points.shape)
    return points.astype("float32"), y


rng = np.random.default_rng(0)
train_points, train_labels = clouds(600, rng)
test_points, test_labels = clouds(150, rng)


def conv_bn(x, filters):
    x = layers.Conv1D(filters, kernel_size=1, padding="valid")(x)
    x = layers.BatchNormalization(momentum=0.9)(x)
    return layers.Activation("relu")(x)


def dense_bn(x, filters):
    x = layers.Dense(filters)(x)
    x = layers.BatchNormalization(momentum=0.9)(x)
    return layers.Activation("relu")(x)


class OrthogonalRegularizer(keras.regularizers.Regularizer):
    def __init__(self, num_features, l2reg=0.001):
        self.num_features = num_features
        self.l2reg = l2reg
        self.eye = ops.eye(num_features)

    def __call__(self, x):
        x = ops.reshape(x, (-1, self.num_features, self.num_features))
        xxt = ops.tensordot(x, x, axes=(2, 2))
        xxt = ops.reshape(xxt, (-1, self.num_features, self.num_features))
        return ops.sum(self.l2reg * ops.square(xxt - self.eye))

    def get_config(self):
        return {"num_features": self.num_features, "l2reg": self.l2reg}


def tnet(inputs, num_features):
    # Initialize bias as the identity matrix
    bias = keras.initializers.Constant(np.eye(num_features).flatten())
    x = conv_bn(inputs, 16)
    x = conv_bn(x, 32)
    x = layers.GlobalMaxPooling1D()(x)
    x = dense_bn(x, 32)
    x = layers.Dense(
        num_features * num_features,
        kernel_initializer="zeros",
        bias_initializer=bias,
        kernel_regularizer=keras.regularizers.L2(1e-4),
    )(x)
    feat_T = layers.Reshape((num_features, num_features))(x)
    # Apply affine transformation to input features
    return layers.Dot(axes=(2, 1))([inputs, feat_T])


inputs = keras.Input(shape=(NUM_POINTS, 3))
x = tnet(inputs, 3)
x = conv_bn(x, 32)
x = tnet(x, 32)
x = conv_bn(x, 32)
x = conv_bn(x, 128)
x = layers.GlobalMaxPooling1D()(x)
x = dense_bn(x, 64)
x = layers.Dropout(0.3)(x)
outputs = layers.Dense(NUM_CLASSES, activation="softmax")(x)
model = keras.Model(inputs=inputs, outputs=outputs, name="pointnet")
model.summary()
model.compile(
    loss="sparse_categorical_crossentropy",
    optimizer=keras.optimizers.Adam(learning_rate=0.003),
    metrics=["sparse_categorical_accuracy"],
)


class Augmented(keras.utils.PyDataset):
    def __len__(self):
        return len(train_points) // BATCH_SIZE

    def __getitem__(self, index):
        chosen = slice(index * BATCH_SIZE, (index + 1) * BATCH_SIZE)
        points = train_points[chosen]
        jitter = keras.random.uniform(points.shape, -0.005, 0.005, dtype="float32")
        return points + jitter, train_labels[chosen]


penalty = OrthogonalRegularizer(3)(np.eye(3, dtype="float32"))
assert abs(float(penalty)) < 1e-6
model.fit(Augmented(), epochs=15, validation_data=(test_points, test_labels), verbose=2)
print("Test accuracy:", model.evaluate(test_points, test_labels, verbose=0)[1])
