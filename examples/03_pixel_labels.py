"""A label for every pixel, refined by recurrence (Goodfellow, Bengio & Courville, figure 9.17).

H_1 = f(U * X), H_t = f(U * X + W * Y_{t-1}) and Y_t = softmax(V * H_t), with the same kernels U, V
and W at each step. The images are generated and have four sizes: three kinds of regions, whose grey
levels differ by no more than the noise of a pixel. A first guess sees 3 x 3 pixels; each step lets
labels further away have a say.

python examples/03_pixel_labels.py [--picture labels.png]
"""

import argparse

import numpy as np

import pyconv
from pyconv import layers, ops

CLASSES, STEPS = 3, 4


def scene(generator, height, width):
    """(image (height, width, 1), labels (height, width)): regions where one of three smooth random
    fields is the largest, grey level 0, 1 or 2 and noise of standard deviation 1."""
    fields = generator.normal(size=(height, width, CLASSES))
    frequency = np.add.outer(np.fft.fftfreq(height) ** 2, np.fft.fftfreq(width) ** 2)
    blur = np.exp(-300 * frequency)[..., None]
    labels = np.fft.ifft2(np.fft.fft2(fields, axes=(0, 1)) * blur, axes=(0, 1)).real.argmax(-1)
    return (labels + generator.normal(size=labels.shape))[..., None], labels


def scenes(seed, count):
    generator = np.random.default_rng(seed)
    sizes = generator.choice([24, 32], (count, 2))
    images, labels = zip(*(scene(generator, *size) for size in sizes), strict=True)
    return list(images), list(labels)


def network():
    """The labels of each step as outputs."""
    u = layers.Conv2D(16, 3, padding="same", name="U")
    v = layers.Conv2D(CLASSES, 1, activation="softmax", name="V")
    w = layers.Conv2D(16, 5, padding="same", use_bias=False, name="W")
    x = pyconv.Input((None, None, 1))
    evidence = u(x)
    guesses = [v(ops.relu(evidence))]
    for _ in range(STEPS - 1):
        guesses.append(v(ops.relu(evidence + w(guesses[-1]))))
    return pyconv.Model(x, guesses)


def draw(model, image, labels, path):
    """The image, its labels and the guesses of all steps, side by side."""
    from matplotlib.figure import Figure

    guesses = [y[0].argmax(-1) for y in model.predict([image], verbose=0)]
    figure = Figure(figsize=(12, 2.4), layout="constrained")
    names = ["image", "labels", *(f"step {t}" for t in range(1, STEPS + 1))]
    maps = [image[..., 0], labels, *guesses]
    for axes, name, shown in zip(figure.subplots(1, len(maps)), names, maps, strict=True):
        axes.imshow(shown, cmap="gray" if name == "image" else "viridis")
        axes.set_title(name)
        axes.axis("off")
    figure.savefig(path)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--picture", help="where a picture of one image's labels goes")
    picture = parser.parse_args().picture
    pyconv.utils.set_random_seed(1)
    model = network()
    model.compile(
        pyconv.optimizers.Adam(0.01),
        loss="sparse_categorical_crossentropy",
        metrics=[["accuracy"]] * STEPS,
    )
    images, labels = scenes(1, 160)
    model.fit(images, [labels] * STEPS, batch_size=8, epochs=12, verbose=0)
    images, labels = scenes(2, 40)
    guesses = model.predict(images, verbose=0)
    for step, maps in enumerate(guesses, 1):
        right = [(y.argmax(-1) == t).mean() for y, t in zip(maps, labels, strict=True)]
        print(f"step {step}: {np.mean(right):.1%} of the pixels")
    if picture:
        draw(model, images[0], labels[0], picture)


if __name__ == "__main__":
    main()
