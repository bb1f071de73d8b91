"""Data sets of sound files."""

from __future__ import annotations

import wave
from functools import partial

import numpy as np

from pyconv.data.file_datasets import datasets_of_files
from pyconv.utils.arguments import expect_none, whole


def audio_dataset_from_directory(
    directory,
    labels="inferred",
    label_mode="int",
    class_names=None,
    batch_size=32,
    sampling_rate=None,
    output_sequence_length=None,
    ragged=False,
    shuffle=True,
    seed=None,
    validation_split=None,
    subset=None,
    follow_links=False,
    verbose=True,
):
    """Batches of the sounds (.wav, 16 bits) in a folder whose subfolders are the classes.

    Args:
        directory, labels, label_mode, class_names, batch_size, shuffle, seed, validation_split,
            subset, follow_links, verbose: as in `image_dataset_from_directory`.
        sampling_rate: that of the files, in samples per second; None: any.
        output_sequence_length: samples of each sound, which is cut or filled up with zeros; None:
            those of the longest one of a batch.
        ragged: False.

    Returns:
        A `Dataset` of sounds (n, samples, channels) from -1 to 1, or of pairs (sounds, labels),
        with the attributes `class_names` and `file_paths`; a tuple of two for "both".

    Raises:
        ValueError: arguments that do not fit together, no sounds, or other files.

    Example (no doctest, it needs files):
        train, val = audio_dataset_from_directory(
            "words", output_sequence_length=16000, validation_split=0.2, subset="both", seed=1
        )
        model.fit(train, validation_data=val)
    """
    expect_none(ragged=ragged or None)
    rate = None if sampling_rate is None else whole(sampling_rate, "sampling_rate")
    length = output_sequence_length
    length = None if length is None else whole(length, "output_sequence_length", 0)
    sets = datasets_of_files(
        directory,
        (".wav",),
        partial(_read, rate=rate, length=length),
        _padded,
        labels=labels,
        label_mode=label_mode,
        class_names=class_names,
        batch_size=batch_size,
        shuffle=shuffle,
        seed=seed,
        validation_split=validation_split,
        subset=subset,
        follow_links=follow_links,
        verbose=verbose,
    )
    return tuple(sets) if subset == "both" else sets


def _read(path, rate, length) -> np.ndarray:
    """A file's samples (samples, channels), cut or filled up."""
    try:
        with wave.open(path) as file:
            width, channels, found = file.getsampwidth(), file.getnchannels(), file.getframerate()
            data = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise ValueError(f"{path}: expected a WAV file of PCM samples ({error})") from error
    if width != 2 or rate not in (None, found):
        raise ValueError(
            f"{path}: expected samples of 16 bits and {rate or 'any number'} of them per second, "
            f"received {8 * width} bits and {found}; convert the file"
        )
    samples = np.frombuffer(data, "<i2").reshape(-1, channels)[:length] / np.float32(2**15)
    missing = 0 if length is None else length - len(samples)
    return np.pad(samples, ((0, missing), (0, 0)))


def _padded(sounds) -> np.ndarray:
    """A batch as long as its longest sound, the others with zeros behind them."""
    longest = max(map(len, sounds))
    return np.stack([np.pad(x, ((0, longest - len(x)), (0, 0))) for x in sounds])
