"""Kernels without the training of a whole network: random, by hand, by k-means, by sparse coding,
greedily layer by layer (Goodfellow et al., section 9.9), and what a linear classifier makes of
their features.

Layers of kernels that are given or clustered are not trainable. Kernels designed by hand come from
`pyconv.initializers`. k-means and the linear classifier need scikit-learn: pip install
"pyconv[features]".
"""

from pyconv.utils.lazy import exports

__all__, __getattr__, __dir__ = exports(
    __name__,
    {
        "banks": "fixed_conv random_kernels",
        "clusters": "kmeans_conv stacked_kmeans",
        "greedy": "train_greedily",
        "patches": "normalize_patches sample_patches zca_whitening",
        "readout": "features fit_classifier rank_architectures",
        "sparse": "learn_sparse_kernels sparse_codes",
    },
)
