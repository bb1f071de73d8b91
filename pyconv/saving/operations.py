"""Ops between layers in files: Keras has a class for each, pyconv a function of the same name."""

from __future__ import annotations

import inspect
import re
from importlib import import_module

from pyconv.saving.names import find_function
from pyconv.saving.registration import get_registered_object
from pyconv.utils.naming import default_name

#: Keras' classes by module. In brackets what an object of the class keeps in its config, the other
#: arguments come with each call; before an equals sign the function, where it has another name.
CLASSES = {
    "activations": """
        Mish relu=ReLU(negative_slope max_value threshold)""",
    "core": """
        Cast(dtype) ConvertToTensor(dtype sparse ragged) SaturateCast(dtype) Scatter(shape)
        ScatterUpdate(reduction) Slice(shape) SliceUpdate StopGradient Unstack(num axis)""",
    "einops": """
        Rearrange""",
    "image": """
        AffineTransform(interpolation fill_mode fill_value data_format) CropImages(top_cropping
        left_cropping bottom_cropping right_cropping target_height target_width data_format)
        ElasticTransform(alpha sigma interpolation fill_mode fill_value seed data_format)
        ExtractPatches(size strides dilation_rate padding data_format) GaussianBlur(kernel_size
        sigma data_format) HSVToRGB(data_format) MapCoordinates(order fill_mode fill_value)
        PadImages(top_padding left_padding bottom_padding right_padding target_height
        target_width data_format) PerspectiveTransform(interpolation fill_value data_format)
        RGBToGrayscale(data_format) RGBToHSV(data_format) Resize(size interpolation antialias
        crop_to_aspect_ratio pad_to_aspect_ratio fill_mode fill_value data_format) SSIM(max_val
        filter_size filter_sigma k1 k2 data_format) ScaleAndTranslate(spatial_dims method
        antialias) SobelEdges(data_format)""",
    "linalg": """
        Cholesky(upper) CholeskyInverse(upper) Det Eig Eigh Inv Lstsq(rcond) LuFactor
        MatrixRank(tol) Norm(ord axis keepdims) Pinv(rcond) Qr(mode) SVD(full_matrices
        compute_uv) Solve SolveTriangular(lower)""",
    "math": """
        cdist=CDist Erf Erfc Erfinv ExtractSequences(sequence_length sequence_stride) FFT FFT2
        IFFT2 IRFFT(fft_length) ISTFT(sequence_length sequence_stride fft_length length window
        center) InTopK(k) Logdet Logsumexp(axis keepdims) RFFT(fft_length) Rsqrt
        STFT(sequence_length sequence_stride fft_length window center) SegmentMax(num_segments
        sorted) SegmentMin(num_segments sorted) SegmentProd(num_segments sorted)
        SegmentSum(num_segments sorted) TopK(k sorted) ViewAsComplex ViewAsReal""",
    "nn": """
        AdaptiveAveragePool(output_size data_format) AdaptiveMaxPool(output_size data_format)
        AveragePool(pool_size strides padding data_format) batch_normalization=BatchNorm(axis
        epsilon) BinaryCrossentropy(from_logits) CategoricalCrossentropy(from_logits axis)
        Celu(alpha) Conv(strides padding data_format dilation_rate) ConvTranspose(strides
        padding output_padding data_format dilation_rate) DepthToSpace(block_size data_format)
        DepthwiseConv(strides padding data_format dilation_rate) DotProductAttention(is_causal
        flash_attention attn_logits_soft_cap) Elu(alpha) Fold(output_size kernel_size dilation
        padding stride) Gelu(approximate) Glu(axis) HardShrink(threshold) HardSigmoid HardSilu
        HardTanh layer_normalization=LayerNorm(axis epsilon) LeakyRelu(negative_slope)
        LogSigmoid LogSoftmax(axis) MaxPool(pool_size strides padding data_format) Moments(axes
        keepdims synchronized) MultiHot(num_classes axis dtype sparse) Normalize(axis order
        epsilon) OneHot(num_classes axis dtype sparse) PSNR(max_val) Polar
        rms_normalization=RMSNorm(axis epsilon) Relu Relu6 Selu SeparableConv(strides padding
        data_format dilation_rate) Sigmoid Silu SoftShrink(threshold) Softmax(axis) Softplus
        Softsign SpaceToDepth(block_size data_format) SparseCategoricalCrossentropy(from_logits
        axis) SparsePlus SparseSigmoid Sparsemax(axis) Squareplus(b) TanhShrink
        Threshold(threshold default_value) Unfold(kernel_size dilation padding stride)""",
    "numpy": """
        Abs Absolute Add All(axis keepdims) allclose=AllClose(rtol atol equal_nan) Amax(axis
        keepdims) Amin(axis keepdims) Angle Any(axis keepdims) Append(axis) Arccos Arccosh
        Arcsin Arcsinh Arctan Arctan2 Arctanh Argmax(axis keepdims) Argmin(axis keepdims)
        Argpartition(kth axis) Argsort(axis) Array(dtype) ArraySplit(indices_or_sections axis)
        Average(axis) Bincount(weights minlength sparse) BitwiseAnd BitwiseInvert
        BitwiseLeftShift BitwiseNot BitwiseOr BitwiseRightShift BitwiseXor BroadcastTo(shape)
        Cbrt Ceil Clip(x_min x_max) Concatenate(axis) Conj Conjugate Copy Corrcoef
        Correlate(mode) Cos Cosh CountNonzero(axis) Cross(axisa axisb axisc axis) Cumprod(axis
        dtype) Cumsum(axis dtype) Deg2rad Diag(k) Diagflat(k) Diagonal(offset axis1 axis2)
        Diff(n axis) Digitize divide=TrueDivide Divide DivideNoNan Dot
        Dsplit(indices_or_sections) Dstack Einsum(subscripts) EmptyLike(dtype) Equal Exp Exp2
        ExpandDims(axis) Expm1 Fabs Flip(axis) Fliplr Flipud Floor FloorDivide Fmax Fmin Fmod
        Full(shape dtype) FullLike(dtype) Gcd getitem=GetItem Greater GreaterEqual Heaviside
        Histogram(bins range) Hsplit(indices_or_sections) Hstack Hypot I0 Imag Inner
        isin=IsIn(assume_unique invert) Isclose(equal_nan) Isfinite Isinf Isnan Isneginf
        Isposinf Isreal Kron Lcm Ldexp LeftShift Less LessEqual Log Log10 Log1p Log2 Logaddexp
        Logaddexp2 LogicalAnd LogicalNot LogicalOr LogicalXor Matmul Max(axis keepdims initial)
        Maximum Mean(axis keepdims) Median(axis keepdims) Meshgrid(indexing) Min(axis keepdims
        initial) Minimum Mod Moveaxis(source destination) Multiply NanToNum(nan posinf neginf)
        Nanargmax(axis keepdims) Nanargmin(axis keepdims) Nancumprod(axis dtype) Nancumsum(axis
        dtype) Nanmax(axis keepdims) Nanmean(axis keepdims) Nanmedian(axis keepdims) Nanmin(axis
        keepdims) Nanpercentile(axis method keepdims) Nanprod(axis keepdims) Nanquantile(axis
        method keepdims) Nanstd(axis keepdims) Nansum(axis keepdims) Nanvar(axis keepdims) Ndim
        Negative Nextafter Nonzero NotEqual OnesLike(dtype) Outer Pad(pad_width mode)
        Percentile(axis method keepdims) Power Prod(axis keepdims dtype) Ptp(axis keepdims)
        Quantile(axis method keepdims) Rad2deg Ravel Real Reciprocal Repeat(repeats axis)
        Reshape(newshape) RightShift Roll(shift axis) Rot90(k axes) Round(decimals)
        searchsorted=SearchSorted(side) Select Sign Signbit Sin Sinc Sinh Size Slogdet
        Sort(axis) Split(indices_or_sections axis) Sqrt Square Squeeze(axis) Stack(axis)
        Std(axis keepdims) Subtract Sum(axis keepdims) Swapaxes(axis1 axis2) Take(axis)
        TakeAlongAxis(axis) Tan Tanh Tensordot(axes) Tile(repeats) Trace(offset axis1 axis2)
        Transpose(axes) Trapezoid(x dx axis) Tril(k) Triu(k) Trunc Unique(sorted return_index
        return_inverse return_counts axis size fill_value) UnravelIndex(shape) Vander(N
        increasing) Var(axis keepdims) Vdot View(dtype) Vsplit(indices_or_sections) Vstack Where
        ZerosLike(dtype)""",
}

_HOMES = {"activations": "pyconv.activations", "image": "pyconv.ops.image"}
_PATHS = {"activations": "keras.src.activations.activations"}


class Operation:
    """What a file says of an op: a function, and the arguments that all its calls have.

    Args:
        function: the function of `pyconv.ops`.
        config: arguments by name.
    """

    def __init__(self, function, config: dict):
        self.function = function
        self.config = config

    def __call__(self, *args, **kwargs):
        config, rest = dict(self.config), list(args)
        positional: list = []
        for name, parameter in inspect.signature(self.function).parameters.items():
            if parameter.kind is parameter.VAR_POSITIONAL:
                positional, rest = [kwargs.pop(n) for n in list(kwargs)] + rest, []
            elif name in config:
                kwargs[name] = config.pop(name)
            elif rest and parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
                kwargs[name] = rest.pop(0)
        unknown = [name for name, value in config.items() if value not in (None, False)]
        if unknown or rest:
            raise ValueError(
                f"ops.{self.function.__name__}: expected arguments that it has, received "
                f"{', '.join(unknown) or rest}"
            )
        return self.function(*positional, **kwargs)


def find_operation(config: dict) -> Operation | None:
    """What a layer's entry in a file stands for, if it is an op; else None."""
    module, name, inner = config.get("module"), config.get("class_name"), config.get("config")
    if not isinstance(module, str) or not isinstance(inner, dict):
        return None
    if get_registered_object(config.get("registered_name")) is not None:
        return None
    inner = {key: value for key, value in inner.items() if key != "name"}
    if module == "pyconv.ops":
        function = find_function(module, name)
    else:
        row = _BY_CLASS.get((module, name))
        function = row and _function(*row)
    return function and Operation(function, inner)


def operation_config(function, args: tuple, kwargs: dict) -> tuple[dict, tuple, dict]:
    """How a file names a call of a function of `pyconv.ops`.

    Returns:
        (its entry without a name, the other arguments of the call by place, and by name).
    """
    row = _BY_FUNCTION.get(_place(function))
    if row is None:
        return _entry("pyconv.ops", function.__name__, {}), args, kwargs
    module, name, kept = row
    bound = inspect.signature(function).bind(*args, **kwargs)
    given = dict(bound.arguments)
    bound.apply_defaults()
    config = {key: value for key, value in bound.arguments.items() if key in kept}
    places: list = []
    names: dict = {}
    for key, parameter in bound.signature.parameters.items():
        if key in kept or key not in given:
            continue
        if parameter.kind is parameter.VAR_POSITIONAL:
            places += given[key]
        elif parameter.kind is parameter.KEYWORD_ONLY:
            names[key] = given[key]
        else:
            places.append(given[key])
    return _entry(module, name, config), tuple(places), names


def _entry(module: str, name: str, config: dict) -> dict:
    return {"module": module, "class_name": name, "config": config, "registered_name": name}


def _place(function) -> tuple[str, str]:
    """(module of the table or "", name) of a function."""
    parts = function.__module__.split(".")
    image = parts[:3] == ["pyconv", "ops", "image"]
    return ("image" if image else "", function.__name__)


def _getitem(x, key):
    return x[tuple(key) if isinstance(key, list) else key]


def _function(module: str, name: str):
    if name == "getitem":
        return _getitem
    return getattr(import_module(_HOMES.get(module, "pyconv.ops")), name, None)


def _rows():
    for module, text in CLASSES.items():
        for function, cls, kept in re.findall(r"(?:(\w+)=)?(\w+)(?:\(([^)]*)\))?", text):
            yield module, function or default_name(cls), cls, frozenset(kept.split())


_BY_CLASS = {}
_BY_FUNCTION: dict = {}
for _module, _name, _cls, _kept in _rows():
    _path = _PATHS.get(_module, f"keras.src.ops.{_module}")
    _BY_CLASS[_path, _cls] = (_module, _name)
    _key = ("image" if _module == "image" else "", _name)
    if _module != "activations" or _name == "mish":
        _BY_FUNCTION.setdefault(_key, (_path, _cls, _kept))
