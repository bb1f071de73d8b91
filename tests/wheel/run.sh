#!/usr/bin/env bash
# Builds the wheel, checks its size, and trains with it in a new environment that has no compiler.
set -euo pipefail
cd "$(dirname "$0")/../.."

limit=$((3 * 1024 * 1024)) # bytes
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT

rm -rf build/lib.* # modules that were deleted since the last build would enter the wheel
python3 -m pip wheel -q . --no-deps --wheel-dir "$scratch"
wheel="$(ls "$scratch"/pyconv-*.whl)"
size="$(stat -c %s "$wheel")"
echo "$(basename "$wheel"): $size bytes"
if [ "$size" -gt "$limit" ]; then
    echo "expected a wheel of at most $limit bytes, received $size" >&2
    exit 1
fi

python3 -m venv "$scratch/venv"
cp tests/wheel/train.py "$scratch"
cd "$scratch" # away from the checkout, so that only the installed package can be imported
PATH="$scratch/venv/bin" CC=false venv/bin/python -m pip install -q --only-binary :all: "$wheel"
PATH="$scratch/venv/bin" CC=false venv/bin/python train.py
