"""Files with random damage never crash, hang or fill the memory."""

import subprocess
import sys

import pytest


def run(folder, first, last, seconds):
    command = [sys.executable, "-m", "tests.saving.fuzz", str(folder), str(first), str(last)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    assert done.returncode == 0, f"seed {done.stdout.split()[-1:]}: {done.stderr[-2000:]}"
    assert done.stdout.split()[-1] == str(last - 1)


def test_short(tmp_path):
    run(tmp_path, 0, 140, 300)


@pytest.mark.slow
def test_long(tmp_path):
    run(tmp_path, 140, 10_000, 3000)
