"""Speed and correctness of pyconv, measured.

Examples:
    python -m benchmarks conv n4 ic128 ih56 oc128 kh3 s1 p1 --verify --speed
    PYCONV_ISA=avx2 python -m benchmarks dense n100 ic285 oc135 --pass backward_weights --threads 1
    python -m benchmarks suite
    python -m benchmarks suite --models resnet20,alexnet --only train --peers torch,keras
    python -m benchmarks suite --only layers
    python -m benchmarks scaling
    python -m benchmarks winograd
    python -m benchmarks masks 224x224x64 resnet20
    PYCONV_ISA=avx2 python -m benchmarks rates depthwise --threads 1
    python -m benchmarks data
    python -m benchmarks figures
    python -m benchmarks memory mnist_convnet --peers torch
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks import problem
from benchmarks.workloads import WORKLOADS


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns the exit status."""
    parser = _parser()
    options = vars(parser.parse_args(arguments))
    command = options.pop("run", None)
    if command is None:
        parser.print_help()
        return 0
    try:
        return command(**options)
    except ValueError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("python -m benchmarks", None, __doc__, formatter_class=raw)
    commands = parser.add_subparsers(metavar="COMMAND")
    for kind in problem.KINDS:
        words = f"check and time {kind.replace('_', ' ')}, pass by pass"
        command = commands.add_parser(
            kind, help=words, description=problem.__doc__, formatter_class=raw
        )
        _add_problem(command)
        command.set_defaults(run=_problem, kind=kind)
    command = commands.add_parser("suite", help="models and layers in pyconv and its peers")
    _add_suite(command)
    command = commands.add_parser("scaling", help="cost against cores, batch, channels and size")
    _add_folder(command)
    command.set_defaults(run=_scaling)
    command = commands.add_parser(
        "winograd", help="Winograd's convolution beside the direct one and the FMA peak"
    )
    _add_json(command)
    command.set_defaults(run=_winograd)
    command = commands.add_parser("masks", help="steps with masks as bits and without, in turn")
    command.add_argument(
        "names", metavar="CASE", nargs="*", help="default: all; a wrong one names them"
    )
    _add_json(command)
    command.set_defaults(run=_masks)
    command = commands.add_parser("rates", help="convolutions beside the machine's peaks")
    command.add_argument("kinds", nargs="*", help="default: all; a wrong one names them")
    _add_machine(command)
    _add_json(command)
    command.set_defaults(run=_rates)
    command = commands.add_parser("data", help="gathering of batches, and what fit adds to a step")
    _add_json(command)
    command.set_defaults(run=_data)
    command = commands.add_parser("figures", help="the project's bars beside what is measured")
    _add_json(command)
    command.set_defaults(run=_figures)
    command = commands.add_parser("memory", help="peak memory of training steps")
    command.add_argument("names", metavar="MODEL", nargs="*", help=", ".join(WORKLOADS))
    command.add_argument("--peers", default="torch", help="default: torch")
    _add_json(command)
    command.set_defaults(run=_memory)
    return parser


def _add_problem(command: argparse.ArgumentParser) -> None:
    command.add_argument("sizes", nargs="+", help="such as n4 ic128 ih56 oc128 kh3 s1 p1")
    command.add_argument("--verify", action="store_true", help="compare with float64")
    command.add_argument("--speed", action="store_true", help="time; both when neither is given")
    command.add_argument(
        "--pass", dest="passes", default="all", help="forward, backward_data, backward_weights, all"
    )
    _add_machine(command)
    _add_json(command)


def _add_machine(command: argparse.ArgumentParser) -> None:
    command.add_argument("--threads", type=int, default=0, help="default: pyconv's own")


def _add_suite(command: argparse.ArgumentParser) -> None:
    def add(option, default, words):
        values = ",".join(default)
        command.add_argument(option, default=values, help=f"{words}; default: {values}")

    add("--models", WORKLOADS, "the models")
    add("--only", ("train", "predict", "layers", "memory"), "the parts")
    add("--peers", ("torch", "compile", "keras", "ort"), "the libraries beside pyconv")
    _add_folder(command)
    command.add_argument("--readme", type=Path, metavar="FILE", help="put the tables into it")
    command.set_defaults(run=_suite)


def _add_folder(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--folder", type=Path, default=Path("benchmark_results"), help="where files are written"
    )


def _add_json(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--json", dest="path", type=Path, metavar="FILE", help="write results here"
    )


def _problem(kind, sizes, verify, speed, passes, threads, path) -> int:
    from benchmarks import speed as measured

    both = not (verify or speed)
    text = " ".join([kind, *sizes])
    measured.run(text, passes.split(","), threads, verify or both, speed or both, path)
    return 0


def _suite(models, only, peers, folder, readme) -> int:
    from benchmarks import suite

    lists = ([word for word in text.split(",") if word] for text in (models, only, peers))
    return suite.run(*lists, folder, readme)


def _scaling(folder) -> int:
    from benchmarks import scaling

    return scaling.run(folder)


def _winograd(path) -> int:
    from benchmarks import winograd

    return winograd.run(path)


def _masks(names, path) -> int:
    from benchmarks import masks

    return masks.run(names, path)


def _rates(kinds, threads, path) -> int:
    from benchmarks import rates

    return rates.run(kinds, threads, path)


def _data(path) -> int:
    from benchmarks import data

    return data.run(path)


def _figures(path) -> int:
    from benchmarks import figures

    return figures.run(path)


def _memory(names, peers, path) -> int:
    from benchmarks import memory

    unknown = [name for name in names if name not in WORKLOADS]
    if unknown:
        raise ValueError(f"expected models among {', '.join(WORKLOADS)}, received {unknown}")
    libraries = ["pyconv", *(p for p in peers.split(",") if p)]
    return memory.run(names or list(WORKLOADS), libraries, path)


if __name__ == "__main__":
    sys.exit(main())
