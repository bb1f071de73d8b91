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
        ".config.switches": (
            "disable_interactive_logging enable_interactive_logging is_interactive_logging_enabled"
        ),
        ".data.py_dataset": "PyDataset",
        ".symbolic": "get_source_inputs is_keras_tensor",
        "dtypes": "standardize_dtype",
        "naming": "clear_session",
        "numerical": "to_categorical",
        "separate": "is_separable separate_kernel",
        "seed": "set_random_seed",
    },
)
