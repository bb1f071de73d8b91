"""The examples of the documentation run."""

import doctest
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs"


def test_understanding(tmp_path, monkeypatch):
    for library in ("matplotlib", "scipy", "sklearn"):
        pytest.importorskip(library)
    monkeypatch.chdir(tmp_path)
    page = str(DOCS / "understanding.md")
    failures, examples = doctest.testfile(page, module_relative=False)
    assert failures == 0 and examples > 40
