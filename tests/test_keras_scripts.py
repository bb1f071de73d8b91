"""Scripts in the style of keras.io's examples run, and each ends in the figure that it should.

The slow tests run the very same scripts on installed Keras, where only the imports differ.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parent.parent / "examples" / "keras"

#: Script: what it prints ahead of its figure, and the range of the figure.
FIGURES = {
    "3d_image_classification": ("Validation accuracy:", 0.9, 1),
    "autoencoder": ("Noise removed:", 0.4, 1),
    "conditional_gan": ("Drawn as asked:", 0.7, 1),
    "convmixer": ("Test accuracy:", 0.9, 1),
    "dcgan_overriding_train_step": ("Correlation of mean images:", 0.5, 1),
    "ddpm": ("Pixels that agree with a pattern:", 0.85, 1),
    "deeplabv3_plus": ("Pixels with the right label:", 0.85, 1),
    "grad_cam": ("Hottest point on the object:", 0.4, 1),
    "gradient_centralization": ("Test accuracy:", 0.85, 1),
    "image_classification_from_scratch": ("Validation accuracy:", 0.65, 1),
    "image_segmentation": ("Pixels with the right label:", 0.8, 1),
    "imbalanced_classification": ("Area under the curve:", 0.95, 1),
    "keypoint_detection": ("Mean distance in pixels:", 0, 1),
    "knowledge_distillation": ("Distilled student:", 0.6, 1),
    "learnable_resizer": ("Test accuracy:", 0.9, 1),
    "metric_learning": ("Neighbours of the same class:", 0.85, 1),
    "mixup": ("Test accuracy:", 0.75, 1),
    "mnist_convnet": ("Test accuracy:", 0.93, 1),
    "multi_input_multi_output": ("Error of amounts:", 0, 0.4),
    "object_detection": ("Objects found:", 0.85, 1),
    "pixelcnn": ("Validation loss:", 0, 0.35),
    "pointnet": ("Test accuracy:", 0.8, 1),
    "pretrained_word_embeddings": ("Accuracy on words that training never showed:", 0.9, 1),
    "siamese_contrastive": ("Test accuracy:", 0.8, 1),
    "speaker_recognition_using_cnn": ("Test accuracy:", 0.95, 1),
    "super_resolution_sub_pixel": ("PSNR gained in dB:", 6, 30),
    "supervised_contrastive_learning": ("Test accuracy:", 0.88, 1),
    "text_classification_from_scratch": ("Test accuracy from raw strings:", 0.9, 1),
    "timeseries_anomaly_detection": ("Share of the jump found:", 0.8, 1),
    "timeseries_classification_from_scratch": ("Test accuracy", 0.85, 1),
    "transfer_learning": ("Accuracy after fine-tuning:", 0.75, 1),
    "vae": ("Loss fell by a factor of:", 1.2, 3),
    "visualizing_what_convnets_learn": ("Median gain of the response:", 5, 1000),
    "vq_vae": ("Share of variance that is lost:", 0, 0.3),
    "wgan_gp": ("Rows of an image agree:", 0.7, 1),
    "writing_a_training_loop": ("Validation acc:", 0.8, 1),
}


def figure(name, path, cwd, **environment):
    """Runs a script and returns the last figure of this name that it prints."""
    text, low, high = FIGURES[name]
    result = subprocess.run(
        [sys.executable, str(path)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "MPLBACKEND": "Agg", **environment},
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    found = re.findall(re.escape(text) + r"\s*(-?[\d.]+(?:e-?\d+)?)", result.stdout)
    assert found, result.stdout[-2000:]
    return float(found[-1])


def test_every_script_is_run():
    assert sorted(FIGURES) == sorted(path.stem for path in SCRIPTS.glob("*.py"))


@pytest.mark.parametrize("name", FIGURES)
def test_script(name, tmp_path):
    if "sklearn" in (SCRIPTS / f"{name}.py").read_text():
        pytest.importorskip("sklearn")
    _, low, high = FIGURES[name]
    assert low <= figure(name, SCRIPTS / f"{name}.py", tmp_path) <= high


@pytest.mark.slow
@pytest.mark.peer
@pytest.mark.parametrize("name", FIGURES)
def test_script_with_keras(name, tmp_path):
    """The script is a Keras script: it runs there and ends in a figure of the same range."""
    pytest.importorskip("keras")
    source = (SCRIPTS / f"{name}.py").read_text()
    source = source.replace("import pyconv as keras", "import keras")
    tape = "from tensorflow import GradientTape\nfrom pyconv import"
    source = source.replace("from pyconv import GradientTape,", tape)
    source = re.sub(r"\bfrom pyconv\b", "from keras", source)
    assert "pyconv" not in source
    path = tmp_path / f"{name}.py"
    path.write_text(source)
    _, low, high = FIGURES[name]
    quiet = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    assert low <= figure(name, path, tmp_path, **quiet) <= high
