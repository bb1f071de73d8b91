"""Text files are classified by a 1-D convnet, from raw strings on."""

import pathlib
import tempfile

import numpy as np

import pyconv as keras
from pyconv import layers

keras.utils.set_random_seed(1337)

# ## Data: reviews as files, in a folder for each class
GOOD = "wonderful touching brilliant superb delightful moving charming gripping"
BAD = "dull boring awful tedious clumsy dreadful lifeless shallow"
FILLER = "the film a plot with its actors and scenes of this story in every way was so"


def write_review(rng, positive):
    good, bad = GOOD.split(), BAD.split()
    words = list(rng.choice(FILLER.split(), size=rng.integers(12, 30)))
    for word in rng.choice(good if positive else bad, size=2, replace=False):
        words.insert(rng.integers(len(words)), word)
    # a review that says "not" in front of a word means the opposite
    words.insert(rng.integers(len(words)), "not " + str(rng.choice(bad if positive else good)))
    return " ".join(words).capitalize() + rng.choice([".", "!", "..."])


folder = pathlib.Path(tempfile.mkdtemp())
rng = np.random.default_rng(0)
for split, count in {"train": 400, "test": 100}.items():
    for label in ("neg", "pos"):
        (folder / split / label).mkdir(parents=True)
        for i in range(count):
            text = write_review(rng, label == "pos")
            (folder / split / label / f"{i}.txt").write_text(text)

batch_size = 32
raw_train_ds, raw_val_ds = keras.utils.text_dataset_from_directory(
    folder / "train", batch_size=batch_size, validation_split=0.2, subset="both", seed=1337
)
raw_test_ds = keras.utils.text_dataset_from_directory(folder / "test", batch_size=batch_size)
print("Number of batches in raw_train_ds:", raw_train_ds.cardinality())
for text_batch, label_batch in raw_train_ds.take(1):
    for i in range(3):
        print(text_batch.numpy()[i], label_batch.numpy()[i])

# ## Prepare the data
max_features = 200
embedding_dim = 16
sequence_length = 40
vectorize_layer = layers.TextVectorization(
    standardize="lower_and_strip_punctuation",
    max_tokens=max_features,
    output_mode="int",
    output_sequence_length=sequence_length,
)
vectorize_layer.adapt(raw_train_ds.map(lambda x, y: x))
print("Most frequent words:", vectorize_layer.get_vocabulary()[2:7])


def vectorize_text(text, label):
    return vectorize_layer(text), label


train_ds = raw_train_ds.map(vectorize_text).cache().prefetch(buffer_size=10)
val_ds = raw_val_ds.map(vectorize_text).cache().prefetch(buffer_size=10)
test_ds = raw_test_ds.map(vectorize_text).cache().prefetch(buffer_size=10)

# ## Build a model
inputs = keras.Input(shape=(None,), dtype="int64")
x = layers.Embedding(max_features, embedding_dim)(inputs)
x = layers.Dropout(0.5)(x)
x = layers.Conv1D(32, 7, padding="valid", activation="relu", strides=3)(x)
x = layers.Conv1D(32, 7, padding="valid", activation="relu", strides=3)(x)
x = layers.GlobalMaxPooling1D()(x)
x = layers.Dense(32, activation="relu")(x)
x = layers.Dropout(0.5)(x)
predictions = layers.Dense(1, activation="sigmoid", name="predictions")(x)
model = keras.Model(inputs, predictions)
model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(train_ds, validation_data=val_ds, epochs=25, verbose=2)
model.evaluate(test_ds)

# ## Make an end-to-end model
inputs = keras.Input(shape=(1,), dtype="string")
indices = vectorize_layer(inputs)
outputs = model(indices)
end_to_end_model = keras.Model(inputs, outputs)
end_to_end_model.save(folder / "end_to_end.keras")
end_to_end_model = keras.saving.load_model(folder / "end_to_end.keras")
end_to_end_model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
loss, accuracy = end_to_end_model.evaluate(raw_test_ds)
print("Test accuracy from raw strings:", accuracy)
