"""Helpers of user code: seeds, data sets, class vectors, separable kernels, moved models."""

from pyconv.utils.lazy import exports

__all__, __getattr__, __dir__ = exports(
    __name__,
    {
        ".analysis.crops": "predict_ten_crops ten_crops",
        ".analysis.equivariance": (
            "equivariance_error invariance_error reflection rotation shift_response translation"
        ),
        ".analysis.costs": "Cost CostTable cost",
        ".analysis.dense_form": "to_dense",
        ".analysis.fields": "ProjectiveField ReceptiveField projective_field receptive_field",
        ".data.py_dataset": "PyDataset",
        "numerical": "to_categorical",
        "separate": "is_separable separate_kernel",
        "seed": "set_random_seed",
    },
)
