"""Helpers of user code: seeds, data sets, class vectors, separable kernels, moved models."""

from pyconv.utils.lazy import exports

__all__, __getattr__, __dir__ = exports(
    __name__,
    {
        ".analysis.costs": "Cost CostTable cost",
        ".analysis.crops": "predict_ten_crops ten_crops",
        ".analysis.dense_form": "to_dense",
        ".analysis.dot": "model_to_dot",
        ".analysis.equivariance": (
            "equivariance_error invariance_error reflection rotation shift_response translation"
        ),
        ".analysis.fields": "ProjectiveField ReceptiveField projective_field receptive_field",
        ".callbacks.progbar": "Progbar",
        ".config.switches": (
            "disable_interactive_logging enable_interactive_logging is_interactive_logging_enabled"
        ),
        ".data.audio_directory": "audio_dataset_from_directory",
        ".data.dataset": "Dataset",
        ".data.downloads": "get_file",
        ".data.halves": "split_dataset",
        ".data.image_directory": "image_dataset_from_directory",
        ".data.image_files": "array_to_img img_to_array load_img save_img",
        ".data.packing": "pack_x_y_sample_weight unpack_x_y_sample_weight",
        ".data.py_dataset": "PyDataset Sequence",
        ".data.sequences": "pad_sequences",
        ".data.text_directory": "text_dataset_from_directory",
        ".data.windows": "timeseries_dataset_from_array",
        ".layers.features.feature_space": "FeatureSpace",
        ".saving.decoding": "deserialize_keras_object",
        ".saving.encoding": "serialize_keras_object",
        ".saving.registration": (
            "CustomObjectScope custom_object_scope get_custom_objects get_registered_name "
            "get_registered_object register_keras_serializable"
        ),
        ".symbolic": "get_source_inputs is_keras_tensor",
        ".visualize.network": "plot_model",
        "config": "Config",
        "dtypes": "standardize_dtype",
        "naming": "clear_session",
        "numerical": "normalize to_categorical",
        "seed": "set_random_seed",
        "separate": "is_separable separate_kernel",
    },
    packages="bounding_boxes",
)
