"""Settings of the process: Keras' own, threads, and how convolutions are computed."""

from pyconv.utils.lazy import exports

__all__, __getattr__, __dir__ = exports(
    __name__,
    {
        ".dtype_policies": "dtype_policy set_dtype_policy",
        "convolution": "CONV_ALGORITHMS CONV_PASSES conv_algorithm set_conv_algorithm",
        "defaults": (
            "backend epsilon floatx image_data_format set_backend set_epsilon set_floatx "
            "set_image_data_format"
        ),
        "limits": "max_epochs max_steps_per_epoch set_max_epochs set_max_steps_per_epoch",
        "switches": (
            "disable_flash_attention disable_interactive_logging disable_traceback_filtering "
            "enable_flash_attention enable_interactive_logging enable_traceback_filtering "
            "enable_unsafe_deserialization is_flash_attention_enabled "
            "is_interactive_logging_enabled is_nnx_enabled is_traceback_filtering_enabled"
        ),
        "threads": "get_num_threads set_num_threads",
    },
)
