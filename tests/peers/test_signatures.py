"""Every public name of Keras is here with Keras' arguments, or docs/keras.md says why not."""

from pathlib import Path

import pytest

import pyconv
from tests.peers.signatures import difference, found, members, methods, table

keras = pytest.importorskip("keras", reason="Keras, the peer, is not installed")
pytestmark = pytest.mark.peer

PAGE = (Path(__file__).parents[2] / "docs" / "keras.md").read_text()
NAMES = {name: value for pairs in (members(keras), methods(keras)) for name, value in pairs}
SPACES = sorted({name.rpartition(".")[0] for name in NAMES})


def listed(heading):
    """The names in a table of the page; `package.*` stands for all names below it."""
    names = set()
    for name in table(PAGE, heading):
        below = name.removesuffix("*")
        names |= {n for n in NAMES if n.startswith(below)} if below != name else {name}
    return names


MISSING = listed("Missing")
DIFFERENT = listed("Different arguments")


@pytest.mark.parametrize("space", SPACES)
def test_missing_names_are_in_the_table(space):
    """A name also counts as listed where the table has another name of the same object."""
    values = {id(NAMES[name]) for name in MISSING if name in NAMES}
    missing = [
        name
        for name, value in NAMES.items()
        if name.rpartition(".")[0] == space and found(pyconv, name) is None
        if id(value) not in values
    ]
    assert missing == [], "write them, or a row with the reason under 'Missing' in docs/keras.md"


def test_names_in_the_tables_are_true():
    assert sorted(MISSING - set(NAMES)) == [], "Keras does not have them"
    present = sorted(name for name in MISSING if found(pyconv, name) is not None)
    assert present == [], "delete them from 'Missing' in docs/keras.md"
    same = sorted(name for name in DIFFERENT if not differs(name))
    assert same == [], "delete them from 'Different arguments' in docs/keras.md"


def differs(name):
    ours, theirs = found(pyconv, name), NAMES[name]
    return callable(theirs) and ours is not None and difference(name, ours, theirs)


@pytest.mark.parametrize("space", SPACES)
def test_arguments(space):
    """Keras' names, order and defaults; further ones may follow."""
    here = [name for name in NAMES if name.rpartition(".")[0] == space]
    wrong = {name: differs(name) for name in here if name not in DIFFERENT and differs(name)}
    assert wrong == {}, "mend them, or write a row with the reason in docs/keras.md"
