"""Builds the one extension module, pyconv.core, from Cython and C.

The environment chooses: PYCONV_THREADING=pthreads|openmp|serial (default pthreads), PYCONV_DEBUG=1
(no optimization, symbols, assertions, bounds checks in Cython), PYCONV_WERROR=1 (warnings in our C
are errors).
"""

import os
import platform
import tempfile
from concurrent.futures import ThreadPoolExecutor
from glob import glob
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError, LinkError

DEBUG = os.environ.get("PYCONV_DEBUG") == "1"
WERROR = os.environ.get("PYCONV_WERROR") == "1"
# holds the C file that Cython writes; one for each set of directives, or a stale one would be taken
GENERATED = "build/cython-debug" if DEBUG else "build/cython"

# flags = (compile, link) of each implementation of src/threads.c, and a program that needs them
THREADING = {
    "pthreads": (
        ["-pthread"],
        ["-pthread"],
        "#include <pthread.h>\nint main(void) { return pthread_self() == 0; }\n",
    ),
    "openmp": (
        ["-fopenmp", "-DPYCONV_THREADING_OPENMP"],
        ["-fopenmp"],
        "#include <omp.h>\nint main(void) { return omp_get_max_threads() == 0; }\n",
    ),
    "serial": (["-DPYCONV_THREADING_SERIAL"], [], "int main(void) { return 0; }\n"),
}

COMPILE_FLAGS = ["-std=c11", "-fvisibility=hidden", "-Wall", "-Wextra"]
COMPILE_FLAGS += ["-O0", "-g", "-UNDEBUG"] if DEBUG else ["-O3", "-g0"]
# Cython's C has unused functions and initializers that gcc's -Wextra dislikes
GENERATED_FLAGS = ["-Wno-unused-function", "-Wno-missing-field-initializers"]

DIRECTIVES = {
    "language_level": 3,
    "boundscheck": DEBUG,
    "wraparound": False,  # also in a debug build, where a negative index is then an error
    "embedsignature": True,
}


def instruction_sets():
    """Stems of the stubs in src/isa that this machine's architecture can compile."""
    if platform.machine().lower() in ("x86_64", "amd64"):
        return ["baseline", "avx2", "avx512"]
    return ["baseline"]


def sources():
    """core.pyx and all C files of src/ but the ISA stubs of other machines."""
    stubs = {f"src/isa/{isa}.c" for isa in instruction_sets()}
    others = set(glob("src/isa/*.c")) - stubs
    by_hand = {"src/core.c"}  # what a Cython run by hand leaves
    files = set(glob("src/**/*.c", recursive=True)) - others - by_hand
    return ["src/core.pyx", *sorted(files)]


def threading_from_environment():
    threading = os.environ.get("PYCONV_THREADING", "pthreads")
    if threading not in THREADING:
        raise SystemExit(
            f"PYCONV_THREADING: expected one of {', '.join(THREADING)}, received {threading!r}"
        )
    return threading


class BuildCore(build_ext):
    """Probes the compiler for threads, then compiles the files of the extension side by side."""

    def build_extension(self, extension):
        threading = threading_from_environment()
        if not self.can_link(threading):
            print(f"pyconv: {self.compiler.compiler[0]} cannot build {threading}; building serial")
            threading = "serial"
        compile_flags, link_flags, _ = THREADING[threading]
        extension.extra_compile_args = COMPILE_FLAGS + compile_flags
        extension.extra_link_args = link_flags
        self.compiler.compile = side_by_side(self.compiler.compile)
        self.force = True  # the flags depend on the environment, which no time stamp shows
        super().build_extension(extension)

    def can_link(self, threading):
        """Whether a small program that needs this kind of threads compiles and links."""
        compile_flags, link_flags, program = THREADING[threading]
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "probe.c")
            source.write_text(program)
            try:
                objects = self.compiler.compile(
                    [str(source)], output_dir=folder, extra_postargs=compile_flags
                )
                self.compiler.link_executable(
                    objects, "probe", output_dir=folder, extra_postargs=link_flags
                )
            except (CompileError, LinkError):
                return False
        return True


def side_by_side(compile_files):
    """A compiler's `compile` that works on several files at once, each with the flags it needs."""

    def compile_one(source, extra_postargs, **options):
        generated = Path(source).is_relative_to(GENERATED)
        own = GENERATED_FLAGS if generated else ["-Werror"] * WERROR
        return compile_files([source], extra_postargs=extra_postargs + own, **options)

    def compile_all(files, **options):
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            results = list(pool.map(lambda source: compile_one(source, **options), files))
        return [path for objects in results for path in objects]

    return compile_all


core = Extension("pyconv.core", sources(), include_dirs=["src"])

setup(
    ext_modules=cythonize(
        core, include_path=["src"], compiler_directives=DIRECTIVES, build_dir=GENERATED
    ),
    cmdclass={"build_ext": BuildCore},
)
