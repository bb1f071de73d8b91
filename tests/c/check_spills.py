"""Fails if a hot loop of a register tile keeps an accumulator on the stack.

Compiles the kernels of an instruction set to assembly and looks at the innermost loops of the
tiles' functions that do fused multiply-adds: vector registers must not meet the stack there.
Usage: check_spills.py [CC]
"""

import re
import subprocess
import sys

HOT = 8  # fused multiply-adds that make a loop hot
TILES = "gemm|panel|tile|narrow"
STUBS = {"avx2": "ymm", "avx512": "zmm"}


def assembly(compiler, isa):
    command = [compiler, "-std=c11", "-O3", "-S", "-Isrc", f"src/isa/{isa}.c", "-o", "-"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def functions(lines):
    """Lists of (number, line) of the functions of tiles."""
    body, wanted = [], False
    for line in enumerate(lines):
        if match := re.match(r"(\w[\w.]*):", line[1]):
            wanted, body = re.match(TILES, match[1]), []
        elif wanted and re.match(r"\s+\.size\s", line[1]):
            yield body
            wanted = False
        body.append(line)


def innermost_loops(lines):
    """(label, lines) from a label to a jump back to it, without another such loop within."""
    for body in functions(lines):
        labels = {m[1]: i for i, line in body if (m := re.match(r"(\.L\w+):", line))}
        jumps = [(m[1], i) for i, line in body if (m := re.match(r"\s+j\w+\s+(\.L\w+)$", line))]
        loops = [(label, labels[label], i) for label, i in jumps if labels.get(label, i) < i]
        for label, first, last in loops:
            if not any(first <= f and e <= last and (f, e) != (first, last) for _, f, e in loops):
                yield label, lines[first:last]


def check(compiler, isa, register):
    """Number of hot loops; exits with their lines when one has spills."""
    hot = [
        (label, body)
        for label, body in innermost_loops(assembly(compiler, isa))
        if sum("vfmadd" in line and register in line for line in body) >= HOT
    ]
    for label, body in hot:
        spills = [line for line in body if register in line and re.search(r"%r[sb]p", line)]
        if spills:
            sys.exit(f"{isa}: the loop at {label} spills:\n" + "\n".join(spills))
    if not hot:
        sys.exit(f"{isa}: expected loops with {HOT} fused multiply-adds, found none")
    return len(hot)


if __name__ == "__main__":
    compiler = sys.argv[1] if len(sys.argv) > 1 else "gcc"
    for isa, register in STUBS.items():
        print(f"{isa}: {check(compiler, isa, register)} hot loops, no spills")
