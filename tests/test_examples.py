"""The examples run and end in the figures that they promise."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"


def run(name, *arguments, cwd):
    command = [sys.executable, str(EXAMPLES / name), *arguments]
    result = subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def rows(output):
    """Cells of the table's rows by their first cell."""
    lines = [re.split(r"\s*[│┃]\s*", line.strip("│┃ \n")) for line in output.splitlines()]
    return {cells[0]: cells for cells in lines if len(cells) > 3}


def test_mnist1d_short(tmp_path):
    output = run("01_mnist1d.py", "--steps", "4000", "--picture", "curves.png", cwd=tmp_path)
    table = rows(output)
    assert table["convolutional"][1] == "2,050"
    assert table["fully connected"][1] == "59,065"
    assert (tmp_path / "curves.png").stat().st_size > 10_000
    assert float(table["convolutional"][6].split()[0]) < 60  # of 90 % by guessing


@pytest.mark.slow
def test_mnist1d_in_full(tmp_path):
    """Both networks reach zero training error, the dense one sooner, and generalize apart."""
    table = rows(run("01_mnist1d.py", cwd=tmp_path))
    conv, dense = table["convolutional"], table["fully connected"]
    assert conv[4] == dense[4] == "0.0 %"
    assert int(dense[5].replace(",", "")) < int(conv[5].replace(",", ""))
    assert float(conv[6].split()[0]) <= 17
    assert float(dense[6].split()[0]) - float(conv[6].split()[0]) > 15


def test_digits(tmp_path):
    output = run("02_digits.py", cwd=tmp_path)
    assert float(re.search(r"test accuracy: ([\d.]+)", output).group(1)) > 0.96


def test_pixel_labels(tmp_path):
    output = run("03_pixel_labels.py", "--picture", "labels.png", cwd=tmp_path)
    right = [float(share) for share in re.findall(r"step \d: ([\d.]+)%", output)]
    assert len(right) == 4 and right[0] > 70 and right[3] > 88
    assert right[3] - right[0] > 6  # the later steps see more than 3 x 3 pixels
    assert (tmp_path / "labels.png").stat().st_size > 10_000


def test_kmeans_features_short(tmp_path):
    output = run(
        "04_kmeans_features.py", "--labels", "50", "100", "200", "--draws", "1", cwd=tmp_path
    )
    errors = {
        name: [float(cell.split()[0]) for cell in cells[1:4]]
        for name, cells in rows(output).items()
        if cells[1].endswith("%")
    }
    assert list(errors) == ["pixels", "random", "edges", "Gabor", "k-means"]
    assert errors["k-means"][2] < min(5, errors["pixels"][2])
    for picture in ("features.png", "kernels.png"):
        assert (tmp_path / picture).stat().st_size > 5_000


def test_data_types(tmp_path):
    """A network of each rank learns each kind of data."""
    table = rows(run("05_data_types.py", cwd=tmp_path))
    shapes = {name: cells[1].count(" x ") for name, cells in table.items() if name != "data"}
    assert sorted(shapes.values()) == [1, 1, 2, 2, 3, 3]
    for name in shapes:
        assert float(table[name][2]) > 0.85 > 0.6 > float(table[name][3])


def test_permuted_pixels(tmp_path):
    """The convolutional network leads, and loses its lead; the other one learns as before."""
    table = rows(run("06_permuted_pixels.py", "--epochs", "15", cwd=tmp_path))
    conv, dense = (
        [float(cell.split()[0]) for cell in table[name][1:4]]
        for name in ("convolutional", "fully connected")
    )
    assert conv[0] < dense[0] and dense[1] < conv[1]
    assert abs(dense[2]) < 5 < 15 < conv[2]
