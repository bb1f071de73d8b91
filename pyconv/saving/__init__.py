"""Models, layers and all their parts as plain data and as files, in Keras 3's formats."""

from pyconv.utils.lazy import exports

__all__, __getattr__, __dir__ = exports(
    __name__,
    {
        "decoding": "deserialize_keras_object",
        "encoding": "serialize_keras_object",
        "model_files": "load_model save_model",
        "registration": (
            "CustomObjectScope custom_object_scope get_custom_objects get_registered_name "
            "get_registered_object register_keras_serializable"
        ),
        "weight_files": "load_weights save_weights",
    },
)
