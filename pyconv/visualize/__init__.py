"""Pictures of networks and their data: each function returns a matplotlib `Figure`.

Save it with `figure.savefig(path)`; in a notebook it shows itself. Nothing goes through pyplot, so
no figure stays open and no setting of yours changes. The numbers behind the pictures come from
`pyconv.interpret`. Needs matplotlib.
"""

from pyconv.utils.lazy import exports

__all__, __getattr__, __dir__ = exports(
    __name__,
    {
        "attribution": "occlusion saliency",
        "concepts": "dissection",
        "curve": "curves",
        "field": "receptive_field",
        "image": "boxes images segmentation",
        "kernel": "feature_maps kernels reverse_correlation",
        "network": "plot_model",
        "rates": "roofline",
        "synthesis": "inversions maximizing_inputs reconstructions",
        "weights": "matrix",
    },
)
