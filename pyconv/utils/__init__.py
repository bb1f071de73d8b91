"""Helpers of user code: seeds, class vectors, separable kernels, models under transforms."""

from pyconv.utils.lazy import exports

__all__, __getattr__, __dir__ = exports(
    __name__,
    {
        "crops": "predict_ten_crops ten_crops",
        "equivariance": (
            "equivariance_error invariance_error reflection rotation shift_response translation"
        ),
        "costs": "Cost CostTable cost",
        "dense_form": "to_dense",
        "fields": "ProjectiveField ReceptiveField projective_field receptive_field",
        "numerical": "to_categorical",
        "separate": "is_separable separate_kernel",
        "seed": "set_random_seed",
    },
)
