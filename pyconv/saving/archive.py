"""The zip archives that .keras files are: members by name, checked before they are read."""

from __future__ import annotations

import json
import os
import zipfile
import zlib

from pyconv.saving.decoding import check_depth
from pyconv.saving.files import one_line

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"

#: Bytes of the largest config that is read.
MAX_CONFIG = 64 * 2**20

#: How many times larger than its bytes in the archive a member may be.
MAX_RATIO = 100


class Archive:
    """A .keras file that is being read.

    Args:
        file: an open binary file.
        what: what errors call it.

    Attributes:
        names: of the members.

    Raises:
        ValueError: no zip archive, or one with members that no model has.
    """

    def __init__(self, file, what: str):
        self.what = what
        try:
            self._zip = zipfile.ZipFile(file)
            self._nbytes = file.seek(0, os.SEEK_END)
            members = self._zip.infolist()
        except _DAMAGE as error:
            raise self._damaged(error) from None
        self.names = names = [member.filename for member in members]
        for member in members:
            self._check(member)
        for name in (CONFIG, WEIGHTS):
            if names.count(name) != 1:
                raise ValueError(
                    f"{what}: expected a .keras file with one {name!r}, received {names[:10]}; "
                    "save the model again"
                )

    def read(self, name: str, most: float = float("inf")) -> bytes:
        """A member's bytes, at most so many."""
        if self._zip.getinfo(name).file_size > most:
            raise ValueError(
                f"{self.what}: expected {name!r} of at most {most} bytes, received "
                f"{self._zip.getinfo(name).file_size}"
            )
        try:
            return self._zip.read(name)
        except _DAMAGE as error:
            raise self._damaged(error) from None

    def config(self) -> dict:
        """What the file says of the model."""
        return parse_config(self.read(CONFIG, MAX_CONFIG), self.what)

    def _check(self, member) -> None:
        parts = member.filename.replace("\\", "/").split("/")
        if ".." in parts or not parts[0] or ":" in parts[0]:
            raise ValueError(
                f"{self.what}: expected members within the archive, received the name "
                f"{member.filename[:80]!r}"
            )
        if member.header_offset + member.compress_size > self._nbytes:
            raise ValueError(
                f"{self.what}: expected members within the archive of {self._nbytes} bytes, "
                f"received {member.filename!r} with {member.compress_size}"
            )
        if member.flag_bits & 1:
            raise ValueError(f"{self.what}: expected no password, {member.filename!r} has one")
        if member.file_size > MAX_RATIO * max(member.compress_size, 1) and member.file_size > 4096:
            raise ValueError(
                f"{self.what}: expected members at most {MAX_RATIO} times as large as in the "
                f"archive, received {member.filename!r} with {member.file_size} bytes, packed to "
                f"{member.compress_size}"
            )

    def _damaged(self, error) -> ValueError:
        return ValueError(
            f"{self.what}: expected a .keras file, which is a zip archive, received one that is "
            f"damaged or of another kind ({one_line(error)}); save or copy it again"
        )


#: What `zipfile` raises for archives that are none.
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, KeyError, NotImplementedError,
    RuntimeError, OverflowError, IndexError, UnicodeDecodeError, MemoryError,
)  # fmt: skip


def write_archive(file, config: dict, metadata: dict, weights, assets=()) -> None:
    """Writes a .keras file as Keras does, without compression.

    Args:
        file: an open binary file.
        config, metadata: plain data.
        weights: an open binary file, the HDF5 one.
        assets: pairs (name of a member, bytes).
    """
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(METADATA, json.dumps(metadata))
        archive.writestr(CONFIG, json.dumps(config))
        weights.seek(0)
        with archive.open(WEIGHTS, "w", force_zip64=True) as member:
            while chunk := weights.read(2**22):
                member.write(chunk)
        for name, content in assets:
            archive.writestr(name, content)


def parse_config(text: bytes | str, what: str, of_object: bool = True) -> dict:
    """A config from JSON: nested no deeper than models are, without NaN and names that come twice.

    Args:
        text: the JSON.
        what: what errors call it.
        of_object: whether it names a class.

    Raises:
        ValueError: it is not such a config.
    """
    try:
        config = json.loads(text, object_pairs_hook=_without_repeats, parse_constant=_number)
    except RecursionError:
        raise ValueError(f"{what}: expected a config that is nested less deeply") from None
    except (ValueError, UnicodeDecodeError) as error:
        raise ValueError(
            f"{what}: expected the config of a model as JSON, received one that is damaged "
            f"({one_line(error)})"
        ) from None
    if not isinstance(config, dict) or (of_object and "class_name" not in config):
        raise ValueError(f"{what}: expected the config of a model, received none in its JSON")
    check_depth(config)
    return config


def _without_repeats(pairs) -> dict:
    config = dict(pairs)
    if len(config) != len(pairs):
        raise ValueError("a name comes twice in one object")
    return config


def _number(text: str) -> float:
    if text == "NaN":
        raise ValueError("NaN is no argument of a layer")
    return float(text)
