"""Speed and correctness of pyconv, measured: `python -m benchmarks` lists the commands."""
