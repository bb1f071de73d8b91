"""Speed and correctness of pyconv, measured.

Examples:
    python -m benchmarks conv n4 ic128 ih56 oc128 kh3 s1 p1 --verify --speed
    python -m benchmarks dense n100 ic285 oc135 --pass backward_weights --isa avx2 --threads 1
    python -m benchmarks compare mnist_convnet --peers torch,keras
    python -m benchmarks convolutions
    python -m benchmarks figures
"""

from __future__ import annotations

import argparse
import os
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
    command = commands.add_parser("compare", help="time a model in pyconv and its peers, in turn")
    _add_compare(command)
    command = commands.add_parser(
        "convolutions", help="every kind of convolution in pyconv and PyTorch, in turn"
    )
    _add_json(command)
    command.set_defaults(run=_convolutions)
    command = commands.add_parser("figures", help="the project's bars beside what is measured")
    _add_json(command)
    command.set_defaults(run=_figures)
    return parser


def _add_problem(command: argparse.ArgumentParser) -> None:
    command.add_argument("sizes", nargs="+", help="such as n4 ic128 ih56 oc128 kh3 s1 p1")
    command.add_argument("--verify", action="store_true", help="compare with float64")
    command.add_argument("--speed", action="store_true", help="time; both when neither is given")
    command.add_argument(
        "--pass", dest="passes", default="all", help="forward, backward_data, backward_weights, all"
    )
    command.add_argument("--isa", choices=["baseline", "avx2", "avx512"], help="default: the best")
    command.add_argument("--threads", type=int, default=0, help="default: pyconv's own")
    _add_json(command)


def _add_compare(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "name", metavar="MODEL", choices=list(WORKLOADS), help=", ".join(WORKLOADS)
    )
    command.add_argument("--batch", type=int, help="examples of a training step")
    command.add_argument("--peers", default="torch,keras", help="default: torch,keras")
    _add_json(command)
    command.set_defaults(run=_compare)


def _add_json(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--json", dest="path", type=Path, metavar="FILE", help="write results here"
    )


def _problem(kind, sizes, verify, speed, passes, isa, threads, path) -> int:
    if isa:
        os.environ["PYCONV_ISA"] = isa  # read when pyconv is imported
    from benchmarks import speed as measured

    both = not (verify or speed)
    text = " ".join([kind, *sizes])
    measured.run(text, passes.split(","), threads, verify or both, speed or both, path)
    return 0


def _compare(name, batch, peers, path) -> int:
    from benchmarks import compare

    return compare.run(name, [p for p in peers.split(",") if p], batch, path)


def _convolutions(path) -> int:
    from benchmarks import convolutions

    return convolutions.run(path)


def _figures(path) -> int:
    from benchmarks import figures

    return figures.run(path)


if __name__ == "__main__":
    sys.exit(main())
