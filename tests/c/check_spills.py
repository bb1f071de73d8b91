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


def innermost_loops(lines):
    """(label, lines) of code from a label to the jump back to it, without a label between, in
    functions of tiles."""
    label, start, wanted = None, 0, False
    for i, line in enumerate(lines):
        if match := re.match(r"(\w[\w.]*):", line):
            label, wanted = None, re.match(TILES, match[1])
        elif match := re.match(r"(\.L\w+):", line):
            label, start = match[1], i
        elif wanted and label and re.match(rf"\s+j\w+\s+{re.escape(label)}$", line):
            yield label, lines[start:i]


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
