"""Other libraries compute with one thread: in small tests their pools only spin and wait."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # NumPy, SciPy, scikit-learn
os.environ.setdefault("MKL_NUM_THREADS", "1")  # PyTorch
