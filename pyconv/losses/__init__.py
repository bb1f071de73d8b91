"""Losses by class, function and name, as in Keras 3."""

from pyconv.utils.lazy import exports

__all__, __getattr__, __dir__ = exports(
    __name__,
    {
        "crossentropy": (
            "BinaryCrossentropy CategoricalCrossentropy SparseCategoricalCrossentropy "
            "binary_crossentropy categorical_crossentropy sparse_categorical_crossentropy"
        ),
        "divergence": "KLDivergence Poisson kl_divergence poisson",
        "focal": (
            "BinaryFocalCrossentropy CategoricalFocalCrossentropy "
            "CategoricalGeneralizedCrossEntropy binary_focal_crossentropy "
            "categorical_focal_crossentropy categorical_generalized_cross_entropy"
        ),
        "lookup": "deserialize find get serialize",
        "loss": "Loss LossFunctionWrapper",
        "margins": "CategoricalHinge Hinge SquaredHinge categorical_hinge hinge squared_hinge",
        "metric_learning": "Circle circle",
        "overlap": "Dice Tversky dice tversky",
        "regression": (
            "CosineSimilarity Huber LogCosh MeanAbsoluteError MeanAbsolutePercentageError "
            "MeanSquaredError MeanSquaredLogarithmicError cosine_similarity huber log_cosh "
            "mean_absolute_error mean_absolute_percentage_error mean_squared_error "
            "mean_squared_logarithmic_error"
        ),
        "sequence": "CTC ctc",
    },
)
