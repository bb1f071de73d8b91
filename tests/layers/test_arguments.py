"""Arguments of a wrong kind: each gives an error of one line that names the argument."""

import numpy as np
import pytest

from pyconv import layers
from tests.layers.contract import random_array

IMAGES = (2, 6, 6, 3)
KINDS = [None, "wide", [], float("nan"), object(), {}, -(10**12)]

# (layer, other arguments, the argument, wrong values beside those of KINDS that are wrong)
CASES = [
    ("ZeroPadding2D", {}, "padding", KINDS),
    ("ReflectionPadding1D", {}, "padding", KINDS),
    ("Cropping3D", {}, "cropping", KINDS),
    ("Dropout", {"rate": 0.5}, "noise_shape", [3, 0.5, "wide", object()]),
    ("Cutout", {"size": 2}, "fill_value", KINDS[:-1]),
    ("RandomErasing", {}, "fill_value", ["wide", object(), {}, [[1], [1, 2]]]),
    ("RandomErasing", {}, "value_range", [(None, None), ("a", "b"), (0, float("nan"))]),
    ("PCAColorShift", {"eigenvalues": [1, 2]}, "eigenvectors", KINDS[:3]),
    ("RandomRotation", {"factor": 0.1}, "fill_value", KINDS[:-1]),
    ("BatchNormalization", {}, "axis", [*KINDS, 1.5, 4]),
    ("BatchNormalization", {}, "momentum", [*KINDS, 2]),
    ("BatchNormalization", {}, "epsilon", KINDS),
    ("LayerNormalization", {}, "axis", [*KINDS, 1.5, 4, 0]),
    ("LayerNormalization", {}, "epsilon", KINDS),
    ("GroupNormalization", {"groups": 3}, "axis", [*KINDS, 1.5, 4]),
    ("RMSNormalization", {}, "epsilon", KINDS),
    ("LocalResponseNormalization", {"size": 3}, "axis", [*KINDS, 1.5, 4]),
    ("LocalResponseNormalization", {"size": 3}, "alpha", KINDS[:-1]),
    ("ReLU", {}, "threshold", KINDS),
    ("LeakyReLU", {}, "negative_slope", KINDS),
    ("ELU", {}, "alpha", KINDS[:-1]),
    ("PReLU", {}, "shared_axes", [7, [1, 9], 0.5, "wide"]),
    ("Softmax", {}, "axis", [*KINDS[1:], 1.5, 4]),
    ("Rescaling", {}, "scale", KINDS[:3]),
    ("Resizing", {"height": 3, "width": 3}, "fill_value", KINDS[:-1]),
    ("UpSampling2D", {}, "size", [*KINDS, 1.5]),
    ("CropAndResize", {"crop_size": 2}, "extrapolation_value", KINDS[:-1]),
    ("RoIAlign", {"output_size": 2}, "spatial_scale", KINDS[:-1]),
    ("NonMaximumSuppression", {}, "max_output_size", [*KINDS, 2.7, True]),
    ("NonMaximumSuppression", {"max_output_size": 2}, "iou_threshold", KINDS),
    ("NonMaximumSuppression", {"max_output_size": 2}, "score_threshold", KINDS[1:-1]),
    ("STFTSpectrogram", {}, "frame_length", [*KINDS, 0, 1.5]),
    ("STFTSpectrogram", {}, "frame_step", [*KINDS[1:], 0, 1.5]),
    ("STFTSpectrogram", {"frame_length": 4}, "fft_length", [*KINDS[1:], 0, 5]),
    ("STFTSpectrogram", {}, "window", ["wide", object(), {}]),
    ("MelSpectrogram", {}, "fft_length", [*KINDS, 1.5]),
    ("MelSpectrogram", {}, "num_mel_bins", [*KINDS, 0]),
    ("MelSpectrogram", {}, "max_freq", [*KINDS[1:], 1e6]),
    ("MelSpectrogram", {}, "top_db", KINDS),
    ("LogFrequencySpectrogram", {}, "num_bins", [*KINDS, 0]),
    ("LogFrequencySpectrogram", {}, "bins_per_octave", [*KINDS, 0]),
    ("MaxBlurPooling2D", {}, "blur_size", [*KINDS, 10**12]),
    ("LpPooling2D", {}, "p", [*KINDS, float("inf")]),
]


def inputs_of(name):
    if name == "NonMaximumSuppression":
        return [random_array(2, 3, 4), random_array(2, 3)]
    if name in ("CropAndResize", "RoIAlign"):
        return [random_array(*IMAGES), random_array(2, 3, 4)]
    if "Spectrogram" in name:
        return random_array(2, 3000, 1) if "STFT" in name else random_array(2, 3000)
    return random_array(*{"1D": (2, 6, 3), "3D": (2, 6, 6, 6, 3)}.get(name[-2:], IMAGES))


@pytest.mark.parametrize(("name", "others", "argument", "values"), CASES, ids=str)
def test_errors_name_the_argument(name, others, argument, values):
    inputs = inputs_of(name)
    random = hasattr(getattr(layers, name), "disturb")
    for value in values:
        with pytest.raises(ValueError, match=f"expected.*{argument}|{argument}.*expected") as error:
            layer = getattr(layers, name)(**{**others, argument: value})
            layer(inputs, training=True) if random else layer(inputs)
        assert "\n" not in str(error.value), value


def test_numpy_integers_are_integers():
    x = random_array(2, 5, 5, 1)
    two = np.int64(2)
    assert layers.ZeroPadding2D(two)(x).shape == (2, 9, 9, 1)
    assert layers.Cropping2D((two, two))(x).shape == (2, 1, 1, 1)


def test_no_boxes():
    """Rows of nothing where there is no box to be kept, also where there is none at all."""
    y = layers.NonMaximumSuppression(2)([np.zeros((1, 0, 4)), np.zeros((1, 0, 3))])
    np.testing.assert_array_equal(y, np.float32([[[0, 0, 0, 0, 0, -1]] * 2]))
    images = random_array(1, 6, 6, 3)
    assert layers.RoIAlign(2)([images, np.zeros((1, 0, 4))]).shape == (1, 0, 2, 2, 3)
