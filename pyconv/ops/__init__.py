"""Functions of tensors: symbolic inside models, at once on arrays. Names are Keras' `ops`."""

from pyconv.ops import operators
from pyconv.ops.replay import replayable
from pyconv.utils.lazy import exports

__all__, __getattr__, __dir__ = exports(
    __name__,
    {
        "activation": (
            "elu gelu hard_sigmoid leaky_relu log_softmax relu relu6 selu sigmoid silu softmax "
            "softplus softsign swish tanh"
        ),
        "attention": "dot_product_attention",
        "boxes": "box_iou convert_boxes",
        "composite_activation": (
            "celu glu hard_shrink hard_silu hard_swish hard_tanh log_sigmoid mish soft_shrink "
            "sparse_plus sparse_sigmoid sparsemax squareplus tanh_shrink threshold"
        ),
        "connection_table": "connection_table_conv",
        "control": (
            "associative_scan cond fori_loop map scan switch vectorize vectorized_map while_loop"
        ),
        "conversion": (
            "array convert_to_numpy convert_to_tensor copy dtype is_tensor saturate_cast size view"
        ),
        "convolution": "conv conv_kernel_gradient",
        "counting": (
            "argpartition bincount digitize histogram in_top_k isin multi_hot searchsorted unique "
            "unravel_index"
        ),
        "creation": (
            "empty empty_like eye full full_like identity ones ones_like tri zeros zeros_like"
        ),
        "ctc": "ctc_loss",
        "ctc_decoding": "ctc_decode",
        "custom": "custom_gradient",
        "deformable": "deformable_conv",
        "diagonals": "diag diagflat diagonal trace tril triu vander",
        "division": "divide_no_nan floor_divide fmod mod true_divide trunc",
        "elementwise": (
            "abs absolute add arctan2 cast ceil clip cos divide equal erf exp expm1 floor greater "
            "greater_equal isfinite less less_equal log log1p logical_not maximum minimum multiply "
            "negative not_equal power reciprocal round rsqrt sign sin sqrt square "
            "squared_difference stop_gradient subtract"
        ),
        "entropies": "binary_crossentropy categorical_crossentropy sparse_categorical_crossentropy",
        "equivariant": "group_conv group_pool lifting_conv",
        "example_normalization": "layer_normalization rms_normalization",
        "examples": "batch_count",
        "factored": "outer_product_conv spatially_separable_conv",
        "fourier": "fft fft2 ifft2 irfft rfft",
        "functions": (
            "arccos arccosh arcsin arcsinh arctan arctanh cbrt cosh deg2rad erfc erfinv exp2 fabs "
            "fmax fmin heaviside hypot i0 isinf isnan isneginf isposinf ldexp log10 log2 logaddexp "
            "logaddexp2 logical_and logical_or logical_xor rad2deg signbit sinc sinh tan"
        ),
        "grid": "decode_grid encode_grid",
        "index": "scatter_along_axis take take_along_axis",
        "linear": "dense matmul",
        "loss": "one_hot sigmoid_cross_entropy softmax_cross_entropy sparse_softmax_cross_entropy",
        "matrices": (
            "cholesky cholesky_inverse det eig eigh inv logdet lstsq lu_factor matrix_rank pinv qr "
            "slogdet solve solve_triangular svd"
        ),
        "missing": (
            "nanargmax nanargmin nancumprod nancumsum nanmax nanmean nanmedian nanmin "
            "nanpercentile nanprod nanquantile nanstd nansum nanvar"
        ),
        "normalization": "batch_normalization",
        "norms": "norm normalize",
        "number_kinds": "angle conj conjugate imag isclose isreal nan_to_num nextafter real",
        "padding": "crop pad",
        "parts": "get_item slice slice_update",
        "patches": "extract_patches",
        "pool": "average_pool max_pool max_pool_with_indices",
        "pool_adaptive": "adaptive_average_pool adaptive_max_pool",
        "pool_channels": "channel_average_pool channel_max_pool maxout",
        "pool_random": "max_pool_dropout stochastic_pool",
        "pool_weighted": "gaussian_pool lp_pool max_blur_pool weighted_pool",
        "products": "cross dot einsum inner kron outer tensordot vdot",
        "quantiles": "median percentile quantile",
        "random": "dropout random_normal random_uniform",
        "ranges": "arange geomspace linspace logspace meshgrid",
        "rearranging": "fliplr flipud moveaxis ravel rearrange roll rot90 swapaxes",
        "reduce": "amax amin argmax argmin max mean min moments prod sum",
        "regions": "crop_and_resize roi_align",
        "resampling": "resize upsample",
        "running": "cumprod cumsum diff trapezoid",
        "sampling": "grid_sample",
        "scattering": "scatter scatter_update segment_max segment_min segment_prod segment_sum",
        "selection": "nonzero select where",
        "separable": "depthwise_conv separable_conv subsample",
        "shaping": "broadcast_to expand_dims ndim reshape shape squeeze transpose",
        "shuffle": "depth_to_space pixel_shuffle pixel_unshuffle repeat space_to_depth tile",
        "signals": (
            "bartlett blackman cdist correlate extract_sequences fold hamming hanning kaiser psnr "
            "unfold"
        ),
        "sizes": "conv_depth conv_input_sizes conv_output_size conv_transpose_output_size",
        "slices": "concatenate flip stack",
        "sorting": "argsort sort top_k",
        "sparse_matrix": "axis_matrix",
        "spectral": "istft log_filter_bank mel_filter_bank stft",
        "splitting": "array_split dsplit hsplit split unstack vsplit",
        "stacking": "append dstack hstack vstack",
        "statistics": "all allclose any average corrcoef count_nonzero logsumexp ptp std var",
        "suppression": "non_maximum_suppression",
        "tiled": "locally_connected tiled_conv",
        "transposed": "conv_transpose",
        "unpool": "max_unpool",
        "variants": "gated_conv partial_conv pixel_adaptive_conv squeeze_excite",
        "whole_numbers": (
            "bitwise_and bitwise_invert bitwise_left_shift bitwise_not bitwise_or "
            "bitwise_right_shift bitwise_xor gcd lcm left_shift right_shift"
        ),
    },
    packages="image linalg nn numpy",
    wrap=replayable,
)

operators.install()
