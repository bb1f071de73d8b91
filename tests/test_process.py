"""pyconv in a process: imports, the environment, other libraries beside it."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import pyconv

COMPUTE = """
import numpy as np, pyconv
from pyconv import ops
x = np.random.default_rng(0).normal(size=(64, 40, 8)).astype("float32")
k = np.random.default_rng(1).normal(size=(5, 8, 32)).astype("float32")
y = ops.conv(x, k)
assert abs(y[0, 0, 0] - np.vdot(x[0, :5], k[:, :, 0])) < 1e-3
"""


def python(code, **environment):
    result = subprocess.run(
        [sys.executable, "-W", "always", "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip(), result.stderr


def test_import_starts_no_thread_and_loads_no_optional_library():
    code = """
import sys, threading
import pyconv
assert threading.active_count() == 1
print(*[m for m in ("h5py", "rich", "matplotlib", "pooch", "sklearn", "torch") if m in sys.modules])
"""
    assert python(code)[0] == ""


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="needs /proc")
def test_import_adds_no_system_thread():
    count = "len(os.listdir('/proc/self/task'))"
    code = f"import os, numpy; before = {count}; import pyconv; print({count} - before)"
    assert python(code)[0] == "0"


@pytest.mark.parametrize("other", ["numpy", "scipy.linalg", "sklearn", "torch"])
def test_other_libraries_beside(other):
    pytest.importorskip(other)
    work = {
        "torch": "import torch; a = torch.ones(300, 300); assert (a @ a)[0, 0] == 300",
        "scipy.linalg": "import scipy.linalg as s, numpy as n; s.inv(n.eye(200))",
    }.get(other, f"import {other}, numpy as n; a = n.ones((300, 300)); a @ a")
    pools = {"OPENBLAS_NUM_THREADS": "2", "MKL_NUM_THREADS": "2"}
    python(work + "\n" + COMPUTE + work, **pools)
    python(COMPUTE + work + "\n" + COMPUTE, **pools)


def test_the_environment_sets_the_number_of_threads():
    show = "import pyconv; print(pyconv.get_num_threads())"
    assert python(show, PYCONV_NUM_THREADS="3", OMP_NUM_THREADS="5")[0] == "3"
    clean = {"PYCONV_NUM_THREADS": ""}
    assert python(show, OMP_NUM_THREADS="5", **clean)[0] == "5"
    default = int(python(show, OMP_NUM_THREADS="", **clean)[0])
    assert 1 <= default <= len(os.sched_getaffinity(0))
    assert python(show, OMP_NUM_THREADS="", SLURM_CPUS_PER_TASK="1", **clean)[0] == "1"


@pytest.mark.parametrize("isa", ["baseline", "avx2", "avx512"])
def test_the_environment_lowers_the_instruction_set(isa):
    out, err = python("from pyconv import core; print(core.isa())\n" + COMPUTE, PYCONV_ISA=isa)
    assert out == isa or "PYCONV_ISA" in err


def test_an_unknown_instruction_set_is_a_warning():
    out, err = python("from pyconv import core; import pyconv; print(core.isa())", PYCONV_ISA="mmx")
    assert "RuntimeWarning" in err and "mmx" in err
    assert out in ("baseline", "avx2", "avx512")


def test_python_m_pyconv():
    result = subprocess.run(
        [sys.executable, "-m", "pyconv"], capture_output=True, text=True, check=True
    )
    for word in ("pyconv", "isa", "threads", "caches", np.__version__):
        assert word in result.stdout


def test_set_num_threads_refuses_nonsense():
    for count in (-1, 257, 1.5, "2"):
        with pytest.raises(ValueError, match="from 1 to 256"):
            pyconv.set_num_threads(count)


def test_a_checkout_that_is_not_compiled_says_so(tmp_path):
    package = tmp_path / "pyconv"
    package.mkdir()
    (package / "__init__.py").write_text(Path(pyconv.__file__).read_text())
    result = subprocess.run(
        [sys.executable, "-S", "-c", "import pyconv"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "run `pip install -e .`" in result.stderr
