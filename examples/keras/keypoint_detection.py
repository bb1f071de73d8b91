"""Keypoints of an image by regression: two blobs, from which a convnet reads four coordinates."""

import numpy as np

import pyconv as keras
from pyconv import layers

keras.utils.set_random_seed(7)
IMG_SIZE = 32
NUM_KEYPOINTS = 2 * 2


class KeyPointsDataset(keras.utils.PyDataset):
    def __init__(self, num_images, batch_size=32, train=True, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.batch_size = batch_size
        self.train = train
        rng = np.random.default_rng(seed)
        self.points = rng.uniform(4, IMG_SIZE - 4, (num_images, 2, 2)).astype("float32")
        axis = np.arange(IMG_SIZE)
        blob = np.exp(-((axis - self.points[..., None]) ** 2) / 6)
        images = blob[:, :, 0, :, None] * blob[:, :, 1, None, :]  # n, blob, row, column
        self.images = np.moveaxis(images, 1, -1) + 0.05 * rng.standard_normal(
            (num_images, IMG_SIZE, IMG_SIZE, 2)
        )
        self.on_epoch_end()

    def __len__(self):
        return len(self.images) // self.batch_size

    def on_epoch_end(self):
        self.indexes = np.arange(len(self.images))
        if self.train:
            np.random.shuffle(self.indexes)

    def __getitem__(self, index):
        chosen = self.indexes[index * self.batch_size : (index + 1) * self.batch_size]
        keypoints = self.points[chosen].reshape(-1, 1, 1, NUM_KEYPOINTS) / IMG_SIZE
        return self.images[chosen], keypoints


def get_model():
    inputs = layers.Input((IMG_SIZE, IMG_SIZE, 2))
    x = layers.Conv2D(16, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(32, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Dropout(0.05)(x)
    x = layers.SeparableConv2D(64, kernel_size=5, strides=1, activation="relu")(x)
    outputs = layers.SeparableConv2D(NUM_KEYPOINTS, kernel_size=4, strides=1, activation="sigmoid")(
        x
    )
    return keras.Model(inputs, outputs, name="keypoint_detector")


train_dataset = KeyPointsDataset(768)
validation_dataset = KeyPointsDataset(128, train=False, seed=1)
print(f"Total batches in training set: {len(train_dataset)}")
sample_images, sample_keypoints = next(iter(train_dataset))
assert sample_keypoints.max() <= 1.0 and sample_keypoints.shape[-1] == NUM_KEYPOINTS

model = get_model()
model.summary()
model.compile(loss="mse", optimizer=keras.optimizers.Adam(3e-3))
model.fit(train_dataset, validation_data=validation_dataset, epochs=12, verbose=2)

sample_val_images, sample_val_keypoints = next(iter(validation_dataset))
predictions = model.predict(sample_val_images).reshape(-1, 2, 2) * IMG_SIZE
error = predictions - sample_val_keypoints.reshape(-1, 2, 2) * IMG_SIZE
print("Mean distance in pixels:", np.mean(np.hypot(error[..., 0], error[..., 1])))
