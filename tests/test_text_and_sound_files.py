"""Data sets of text and sound files, by hand and beside Keras."""

import wave

import numpy as np
import pytest

from pyconv.layers import TextVectorization
from pyconv.utils import Dataset, audio_dataset_from_directory, text_dataset_from_directory

TEXTS = {"bad": ["dull", "wörse", "a bore"], "good": ["fine", "lovely", "splendid", "bright"]}


@pytest.fixture
def reviews(tmp_path):
    for name, texts in TEXTS.items():
        (tmp_path / name).mkdir()
        for i, text in enumerate(texts):
            (tmp_path / name / f"{i}.txt").write_text(text, encoding="utf-8")
        (tmp_path / name / "notes.md").write_text("no text of the set")
    return str(tmp_path)


@pytest.fixture
def words(tmp_path):
    """Sounds of 3, 5 and 4 samples on two channels."""
    for name, lengths in {"no": [3, 5], "yes": [4]}.items():
        (tmp_path / name).mkdir()
        for i, length in enumerate(lengths):
            with wave.open(str(tmp_path / name / f"{i}.wav"), "wb") as file:
                file.setnchannels(2), file.setsampwidth(2), file.setframerate(8000)
                samples = np.arange(2 * length, dtype="<i2") * 3000 - 15000
                file.writeframes(samples.tobytes())
    return str(tmp_path)


def test_texts_in_order(reviews):
    data = text_dataset_from_directory(reviews, batch_size=4, shuffle=False, verbose=False)
    batches = [(x.tolist(), y.tolist()) for x, y in data]
    assert batches == [
        ([b"dull", "wörse".encode(), b"a bore", b"fine"], [0, 0, 0, 1]),
        ([b"lovely", b"splendid", b"bright"], [1, 1, 1]),
    ]
    assert data.class_names == ["bad", "good"] and len(data) == 2


def test_texts_are_cut_and_single(reviews):
    data = text_dataset_from_directory(
        reviews, label_mode=None, batch_size=None, max_length=3, shuffle=False, verbose=False
    )
    assert [x.item() for x in data][:2] == [b"dul", "wörse".encode()[:3]]


def test_texts_become_numbers_in_a_pipeline(reviews):
    data = text_dataset_from_directory(reviews, batch_size=7, shuffle=False, verbose=False)
    layer = TextVectorization()
    layer.adapt(data.map(lambda text, label: text))
    assert layer.vocabulary_size() == 2 + 8
    x, y = next(iter(data.map(lambda text, label: (layer(text), label))))
    assert x.shape == (7, 2) and (x[:, 1] != 0).tolist() == [False, False, True] + [False] * 4


def test_strings_as_elements():
    data = Dataset.from_tensor_slices((["a", "bc"], [1, 2])).batch(2)
    texts, numbers = next(iter(data))
    assert texts.numpy().tolist() == [b"a", b"bc"] and numbers.tolist() == [1, 2]


def test_sounds_are_padded(words):
    data = audio_dataset_from_directory(words, batch_size=3, shuffle=False, verbose=False)
    sounds, labels = next(iter(data))
    assert sounds.shape == (3, 5, 2) and sounds.dtype == np.float32
    assert labels.tolist() == [0, 0, 1]
    np.testing.assert_array_equal(sounds[1].ravel(), (np.arange(10) * 3000 - 15000) / 2**15)
    assert not sounds[0, 3:].any() and not sounds[2, 4:].any()


def test_files_that_are_refused(words, tmp_path):
    with pytest.raises(ValueError, match="ragged"):
        audio_dataset_from_directory(words, ragged=True)
    with pytest.raises(ValueError, match="16 bits and 16000"):
        list(audio_dataset_from_directory(words, sampling_rate=16000, verbose=False))
    (tmp_path / "no" / "0.wav").write_bytes(b"RIFF")
    with pytest.raises(ValueError, match=r"0\.wav: expected a WAV file"):
        list(audio_dataset_from_directory(words, verbose=False))
    with pytest.raises(ValueError, match="expected files"):
        text_dataset_from_directory(words, verbose=False)


OPTIONS = (
    {"shuffle": False},
    {"shuffle": False, "label_mode": "binary", "batch_size": 2},
    {"shuffle": False, "label_mode": "categorical", "batch_size": None},
    {"shuffle": False, "labels": None},
    {"seed": 3, "validation_split": 0.4, "subset": "validation", "batch_size": 9},
    {"seed": 3, "validation_split": 0.4, "subset": "both", "batch_size": 9},
)


def contents(sets):
    """What the batches hold, in order of their first numbers where they come mixed."""
    sets = sets if isinstance(sets, (list, tuple)) else [sets]
    for data in sets:
        for batch in data:
            x, y = batch if isinstance(batch, tuple) else (batch, np.zeros(0))
            x, y = np.asarray(x), np.asarray(y)
            if not x.ndim:
                yield [x.tolist()], y.tolist()
                continue
            rows = list(zip(x.tolist(), y.tolist() or [0] * len(x), strict=True))
            yield x.shape, y.shape, sorted(map(repr, rows)), data.class_names


@pytest.mark.peer
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_as_in_keras(reviews, options):
    keras = pytest.importorskip("keras")
    ours = text_dataset_from_directory(reviews, verbose=False, **options)
    theirs = keras.utils.text_dataset_from_directory(reviews, verbose=False, **options)
    assert type(ours) is list or type(theirs) is not list
    assert list(contents(ours)) == list(contents(theirs))


@pytest.mark.peer
@pytest.mark.parametrize("length", [None, 2, 7])
def test_sounds_as_in_keras(words, length):
    keras = pytest.importorskip("keras")
    options = {"output_sequence_length": length, "shuffle": False, "verbose": False}
    ours = audio_dataset_from_directory(words, **options)
    theirs = keras.utils.audio_dataset_from_directory(words, **options)
    assert list(contents(ours)) == list(contents(theirs))
