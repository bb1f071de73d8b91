"""Which classes and functions a file may name: a closed table, nothing is imported by name.

Keras' public names stand for pyconv's classes of the same name. What Keras lacks has names of
pyconv's own modules, so that Keras refuses it cleanly.
"""

from __future__ import annotations

import inspect
from importlib import import_module

#: Public classes of Keras 3.15 by module; a class of pyconv that is not listed is its own.
KERAS = {
    "keras": "DTypePolicy Layer Loss Metric Model Optimizer Sequential",
    "keras.constraints": "Constraint MaxNorm MinMaxNorm NonNeg UnitNorm",
    "keras.initializers": """
        Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity LecunNormal LecunUniform
        Ones Orthogonal RandomNormal RandomUniform STFT TruncatedNormal VarianceScaling Zeros""",
    "keras.layers": """
        Activation ActivityRegularization AdaptiveAveragePooling1D AdaptiveAveragePooling2D
        AdaptiveAveragePooling3D AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D
        Add AdditiveAttention AlphaDropout Attention AugMix AutoContrast Average AveragePooling1D
        AveragePooling2D AveragePooling3D BatchNormalization Bidirectional CategoryEncoding
        CenterCrop Concatenate ContrastLimitedAdaptiveHistogramEqualization Conv1D
        Conv1DTranspose Conv2D Conv2DTranspose Conv3D Conv3DTranspose ConvLSTM1D ConvLSTM2D
        ConvLSTM3D Cropping1D Cropping2D Cropping3D CutMix Dense DepthwiseConv1D DepthwiseConv2D
        Discretization Dot Dropout ELU EinsumDense Embedding Equalization Flatten GRU GRUCell
        GaussianDropout GaussianNoise GlobalAveragePooling1D GlobalAveragePooling2D
        GlobalAveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D
        GroupNormalization GroupQueryAttention HashedCrossing Hashing Identity InputLayer
        IntegerLookup LSTM LSTMCell Lambda LayerNormalization LeakyReLU Masking
        MaxNumBoundingBoxes MaxPooling1D MaxPooling2D MaxPooling3D Maximum MelSpectrogram Minimum
        MixUp MultiHeadAttention Multiply Normalization PReLU Permute Pipeline RMSNormalization
        RNN RandAugment RandomBrightness RandomColorDegeneration RandomColorJitter RandomContrast
        RandomCrop RandomElasticTransform RandomErasing RandomFlip RandomGaussianBlur
        RandomGrayscale RandomHue RandomInvert RandomPerspective RandomPosterization
        RandomRotation RandomSaturation RandomSharpness RandomShear RandomTranslation RandomZoom
        ReLU RepeatVector Rescaling Reshape Resizing ReversibleEmbedding STFTSpectrogram
        SeparableConv1D SeparableConv2D SimpleRNN SimpleRNNCell Softmax Solarization
        SpatialDropout1D SpatialDropout2D SpatialDropout3D SpectralNormalization StackedRNNCells
        StringLookup Subtract TextVectorization TimeDistributed UnitNormalization UpSampling1D
        UpSampling2D UpSampling3D Wrapper ZeroPadding1D ZeroPadding2D ZeroPadding3D""",
    "keras.losses": """
        BinaryCrossentropy BinaryFocalCrossentropy CTC CategoricalCrossentropy
        CategoricalFocalCrossentropy CategoricalGeneralizedCrossEntropy CategoricalHinge Circle
        CosineSimilarity Dice Hinge Huber KLDivergence LogCosh MeanAbsoluteError
        MeanAbsolutePercentageError MeanSquaredError MeanSquaredLogarithmicError Poisson
        SparseCategoricalCrossentropy SquaredHinge Tversky""",
    "keras.metrics": """
        AUC Accuracy BinaryAccuracy BinaryCrossentropy BinaryIoU CategoricalAccuracy
        CategoricalCrossentropy CategoricalHinge ConcordanceCorrelation CosineSimilarity F1Score
        FBetaScore FalseNegatives FalsePositives Hinge IoU KLDivergence LogCoshError Mean
        MeanAbsoluteError MeanAbsolutePercentageError MeanIoU MeanMetricWrapper MeanSquaredError
        MeanSquaredLogarithmicError OneHotIoU OneHotMeanIoU PearsonCorrelation Poisson Precision
        PrecisionAtRecall R2Score Recall RecallAtPrecision RootMeanSquaredError
        SensitivityAtSpecificity SparseCategoricalAccuracy SparseCategoricalCrossentropy
        SparseTopKCategoricalAccuracy SpecificityAtSensitivity SquaredHinge Sum
        TopKCategoricalAccuracy TrueNegatives TruePositives""",
    "keras.optimizers": """
        Adadelta Adafactor Adagrad Adam AdamW Adamax Ftrl Lamb Lion LossScaleOptimizer
        MultiOptimizer Muon Nadam RMSprop SGD ScheduleFreeAdamW""",
    "keras.optimizers.schedules": """
        CosineDecay CosineDecayRestarts ExponentialDecay InverseTimeDecay LearningRateSchedule
        PiecewiseConstantDecay PolynomialDecay""",
    "keras.random": "SeedGenerator",
    "keras.regularizers": "L1 L1L2 L2 OrthogonalRegularizer",
    "keras.utils": "FeatureSpace",
}

#: Where Keras and pyconv have the parts of a `FeatureSpace`, and what they are called.
_PARTS = ("keras.src.layers.preprocessing.feature_space", "pyconv.layers.features.columns")
_PART_NAMES = ("Cross", "Feature", "TFDConcat", "TFDIdentity")

#: How Keras calls models that are made of symbolic inputs and outputs.
FUNCTIONAL = ("keras.src.models.functional", "Functional")

_KERAS = {module: frozenset(names.split()) for module, names in KERAS.items()}

#: Where pyconv has the classes of a module of Keras, and what they derive from.
_HOMES = {
    "keras": ("pyconv", None),
    "keras.models": ("pyconv.models", None),
    "keras.constraints": ("pyconv.constraints", "Constraint"),
    "keras.initializers": ("pyconv.initializers", "Initializer"),
    "keras.layers": ("pyconv.layers", "Layer"),
    "keras.losses": ("pyconv.losses", "Loss"),
    "keras.metrics": ("pyconv.metrics", "Metric"),
    "keras.optimizers": ("pyconv.optimizers", "Optimizer"),
    "keras.optimizers.schedules": ("pyconv.optimizers.schedules", "LearningRateSchedule"),
    "keras.random": ("pyconv.layers", None),
    "keras.regularizers": ("pyconv.regularizers", "Regularizer"),
    "keras.utils": ("pyconv.utils", None),
}

#: Classes whose home does not follow from the module that defines them.
_ELSEWHERE = {
    "DTypePolicy": "keras",
    "FeatureSpace": "keras.utils",
    "Model": "keras",
    "SeedGenerator": "keras.random",
    "Sequential": "keras",
}

#: Keras' public names of classes that it calls otherwise.
_ALIASES = {"GroupedQueryAttention": "GroupQueryAttention"}

#: Modules whose functions are named without their module, in the order of search.
_FUNCTION_HOMES = ["activations", "constraints", "initializers", "losses", "metrics"]
_FUNCTION_HOMES += ["regularizers", "ops"]

#: Functions of these modules that make objects of names, instead of values of tensors.
_NO_FUNCTIONS = {"get", "serialize", "deserialize", "resolve", "check", "find"}


def public_name(cls: type) -> tuple[str, str] | None:
    """(module, name) that files have for a class of pyconv; None for a class of a user."""
    module = cls.__module__
    if not module.startswith("pyconv."):
        return None
    if module == _PARTS[1]:
        return _PARTS[0], cls.__name__
    package = "keras." + module.split(".")[1]
    package += ".schedules" if module == "pyconv.optimizers.schedules" else ""
    package = _ELSEWHERE.get(cls.__name__, package)
    name = _ALIASES.get(cls.__name__, cls.__name__)
    if name in _KERAS.get(package, ()):
        return package, name
    return package.replace("keras", "pyconv", 1), cls.__name__


def find_class(module: str, name: str) -> type | None:
    """The class of pyconv that a file means; None where the table has none."""
    if module in _PARTS and name in _PART_NAMES:
        return _attribute(_PARTS[1], name)
    home = _home(module)
    if home not in _HOMES or not isinstance(name, str) or name.startswith("_"):
        return None
    name = "Model" if name == FUNCTIONAL[1] else name
    home = _ELSEWHERE.get(name, home)
    package, base = _HOMES[home]
    found = _attribute(package, name)
    own = inspect.isclass(found) and found.__module__.startswith("pyconv.")
    return found if own and issubclass(found, _bases(package, base)) else None


def find_function(module: str, name: str):
    """The function of pyconv that a file means; None where the table has none."""
    if not isinstance(name, str) or name.startswith("_") or name in _NO_FUNCTIONS:
        return None
    home = _home(module).split(".")[1:2]
    for package in home if home and home[0] in _FUNCTION_HOMES else _FUNCTION_HOMES:
        found = _attribute(f"pyconv.{package}", name)
        if inspect.isfunction(found) and found.__module__.startswith("pyconv."):
            return found
    return None


def _home(module) -> str:
    """Keras' public module for one of its own or of pyconv's: "keras.src.layers.core.dense" is
    "keras.layers"."""
    if not isinstance(module, str):
        return ""
    parts = module.split(".")
    if parts[0] == "pyconv":
        parts[0] = "keras"
    if parts[:2] == ["keras", "src"]:
        parts = ["keras", *parts[2:]]
        if parts[:3] == ["keras", "optimizers", "schedules"]:
            return "keras.optimizers.schedules"
        parts = parts[:2]
    return ".".join(parts)


def _attribute(module: str, name: str):
    try:
        return getattr(import_module(module), name, None)
    except ModuleNotFoundError:
        return None


def _bases(package: str, base: str | None):
    """What the classes of a package derive from."""
    if base:
        return getattr(import_module(package), base)
    from pyconv import DTypePolicy, Layer, Loss, Metric, Optimizer
    from pyconv.layers import SeedGenerator

    return DTypePolicy, Layer, Loss, Metric, Optimizer, SeedGenerator
