"""Posts are classified with word vectors that were made elsewhere and stay as they are."""

import numpy as np

import pyconv as keras
from pyconv import layers

keras.utils.set_random_seed(1337)

# ## Posts of four groups: each has words of its own, and synonyms that training never shows
TOPICS = {
    "graphics": "pixel shader texture render polygon image bitmap vector canvas colour",
    "autos": "engine brake clutch tyre gearbox fuel dealer wheel mileage sedan",
    "hockey": "puck goalie rink season playoff skate team coach period score",
    "space": "orbit launch shuttle moon rocket satellite probe mission lunar comet",
}
FILLER = "i think that you may know about this and have to say it is not so"
class_names = list(TOPICS)
rng = np.random.default_rng(0)


def write_post(words):
    post = list(rng.choice(FILLER.split(), size=rng.integers(10, 40)))
    for word in rng.choice(words, size=3):
        post.insert(rng.integers(len(post)), word)
    return " ".join(post)


train_samples, train_labels, val_samples, val_labels = [], [], [], []
for label, words in enumerate(map(str.split, TOPICS.values())):
    train_samples += [write_post(words[:6]) for _ in range(60)]
    val_samples += [write_post(words[6:]) for _ in range(40)]  # words that training never shows
    train_labels += [label] * 60
    val_labels += [label] * 40
print("Classes:", class_names)
print("Number of samples:", len(train_samples) + len(val_samples))

order = rng.permutation(len(train_samples))
train_samples = [train_samples[i] for i in order]
train_labels = np.array(train_labels)[order]
val_labels = np.array(val_labels)

# ## Create a vocabulary index
vectorizer = layers.TextVectorization(max_tokens=20000, output_sequence_length=60)
vectorizer.adapt(np.array(train_samples + val_samples))
print(vectorizer.get_vocabulary()[:5])
output = vectorizer([["i think that this rocket is not so new"]])
print(output.numpy()[0, :6])
voc = vectorizer.get_vocabulary()
word_index = dict(zip(voc, range(len(voc)), strict=True))

# ## Word vectors: those of one group lie close together, as GloVe's do
embedding_dim = 24
centres = rng.normal(size=(len(TOPICS), embedding_dim))
embeddings_index = {word: rng.normal(size=embedding_dim) for word in FILLER.split()}
for centre, words in zip(centres, TOPICS.values(), strict=True):
    for word in words.split():
        embeddings_index[word] = centre + 0.5 * rng.normal(size=embedding_dim)

num_tokens = len(voc) + 2
hits, misses = 0, 0
embedding_matrix = np.zeros((num_tokens, embedding_dim))
for word, i in word_index.items():
    embedding_vector = embeddings_index.get(word)
    if embedding_vector is not None:
        embedding_matrix[i] = embedding_vector  # words that have none stay zeros
        hits += 1
    else:
        misses += 1
print(f"Converted {hits} words ({misses} misses)")

embedding_layer = layers.Embedding(num_tokens, embedding_dim, trainable=False)
embedding_layer.build((1,))
embedding_layer.set_weights([embedding_matrix])

# ## Build the model
int_sequences_input = keras.Input(shape=(None,), dtype="int32")
embedded_sequences = embedding_layer(int_sequences_input)
x = layers.Conv1D(64, 3, activation="relu")(embedded_sequences)
x = layers.MaxPooling1D(3)(x)
x = layers.Conv1D(64, 3, activation="relu")(x)
x = layers.GlobalMaxPooling1D()(x)
x = layers.Dense(64, activation="relu")(x)
x = layers.Dropout(0.5)(x)
preds = layers.Dense(len(class_names), activation="softmax")(x)
model = keras.Model(int_sequences_input, preds)
model.summary()

# ## Train the model
x_train = vectorizer(np.array([[s] for s in train_samples])).numpy()
x_val = vectorizer(np.array([[s] for s in val_samples])).numpy()
model.compile(
    loss="sparse_categorical_crossentropy",
    optimizer=keras.optimizers.RMSprop(learning_rate=0.002),
    metrics=["acc"],
)
model.fit(
    x_train, train_labels, batch_size=32, epochs=20, validation_data=(x_val, val_labels), verbose=2
)
print(
    "Weights that did not change:", np.allclose(embedding_layer.get_weights()[0], embedding_matrix)
)

# ## Export an end-to-end model
string_input = keras.Input(shape=(1,), dtype="string")
x = vectorizer(string_input)
preds = model(x)
end_to_end_model = keras.Model(string_input, preds)
probabilities = end_to_end_model(
    keras.ops.convert_to_tensor([["you may know that this comet is in the orbit of the moon"]])
)
print(class_names[np.argmax(probabilities[0])])
probabilities = end_to_end_model(keras.ops.convert_to_tensor([[s] for s in val_samples]))
found = np.argmax(probabilities, axis=1)
print("Accuracy on words that training never showed:", np.mean(found == val_labels))
