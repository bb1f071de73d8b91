"""Metrics by class, function and name, as in Keras 3."""

from pyconv.utils.lazy import exports

__all__, __getattr__, __dir__ = exports(
    __name__,
    {
        ".losses": (
            "binary_crossentropy binary_focal_crossentropy categorical_crossentropy "
            "categorical_focal_crossentropy categorical_hinge hinge huber kl_divergence log_cosh "
            "mean_absolute_error mean_absolute_percentage_error mean_squared_error "
            "mean_squared_logarithmic_error poisson sparse_categorical_crossentropy squared_hinge"
        ),
        "accuracies": (
            "Accuracy BinaryAccuracy CategoricalAccuracy SparseCategoricalAccuracy "
            "SparseTopKCategoricalAccuracy TopKCategoricalAccuracy"
        ),
        "areas": "AUC",
        "at_value": (
            "PrecisionAtRecall RecallAtPrecision SensitivityAtSpecificity SpecificityAtSensitivity"
        ),
        "confusion_matrix": "ConfusionMatrix",
        "correlation": (
            "ConcordanceCorrelation PearsonCorrelation concordance_correlation pearson_correlation"
        ),
        "counts": "FalseNegatives FalsePositives Precision Recall TrueNegatives TruePositives",
        "f_score": "F1Score FBetaScore",
        "functions": (
            "binary_accuracy categorical_accuracy sparse_categorical_accuracy "
            "sparse_top_k_categorical_accuracy top_k_categorical_accuracy"
        ),
        "lookup": "check deserialize get kind_of_target resolve serialize",
        "metric": "Mean MeanMetricWrapper Metric Sum",
        "of_losses": (
            "BinaryCrossentropy CategoricalCrossentropy CategoricalHinge Hinge KLDivergence "
            "LogCoshError MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredError "
            "MeanSquaredLogarithmicError Poisson SparseCategoricalCrossentropy SquaredHinge"
        ),
        "overlap": "BinaryIoU IoU MeanIoU OneHotIoU OneHotMeanIoU",
        "regression": "CosineSimilarity R2Score RootMeanSquaredError",
    },
)
