"""Cases of ops that take the same arguments in Keras: a table of names, arguments and inputs."""

import numpy as np

RNG = np.random.default_rng(7)


def normal(*shape):
    return RNG.normal(size=shape).astype("float32")


def distinct(*shape):
    """Numbers far enough from each other for extremes and orders to have gradients."""
    count = int(np.prod(shape))
    return (RNG.permutation(count).reshape(shape) / 3 - count / 7).astype("float32")


def between(low, high, *shape):
    return RNG.uniform(low, high, shape).astype("float32")


A, B, V, W = normal(2, 3, 4), normal(3, 4), normal(5), normal(5)
D, M, S = distinct(2, 3, 4), normal(4, 4), distinct(6)
UNIT, ABOVE, POSITIVE = (between(*ends, 2, 3) for ends in ((-0.9, 0.9), (1.1, 4.0), (0.3, 3.0)))
INTS, LABELS = np.int32([[3, -7, 2], [0, 5, -1]]), np.int32([[1, 0], [2, 3]])
COUNTS = np.int32([1, 0, 2, 2, 5])
TRUTH = np.array([[True, False, True], [False, False, True]])
NANS = np.float32([[1.0, np.nan, -3.0], [np.inf, 5.0, -np.inf]])
SOME = np.float32([[1.0, np.nan, -3.0], [4.0, 5.0, -2.0]])

#: Each is (arguments, keywords).
CASES: dict = {}

#: Whose results no graph can have: their shapes follow from values, or they are NumPy's.
ARRAYS_ONLY = (
    *("gcd", "lcm", "bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_not", "bitwise_invert"),
    *("left_shift", "right_shift", "bitwise_left_shift", "bitwise_right_shift", "nextafter"),
    *("convert_to_numpy", "histogram", "unique", "nonzero", "bincount", "det", "logdet", "slogdet"),
    *("cholesky", "cholesky_inverse", "inv", "lstsq", "lu_factor", "matrix_rank", "pinv", "solve"),
    *("solve_triangular", "svd", "fft", "fft2", "ifft2", "irfft"),
)
#: Of which Keras has no gradient.
NO_GRADIENT = ("slice_update", "rfft")


def add(names, *args, **kwargs):
    for name in names.split():
        CASES.setdefault(name, []).append((args, kwargs))


add("abs absolute negative sign square sin cos tan arctan sinh cosh tanh arcsinh exp expm1 exp2 "
    "erf erfc deg2rad rad2deg fabs i0 isfinite isinf isnan isposinf isneginf", A)  # fmt: skip
add("sinc", UNIT)
add("floor ceil trunc round", A * 3)
add("round", A, 1)
add("arcsin arccos arctanh erfinv", UNIT)
add("arccosh", ABOVE)
add("log log2 log10 log1p sqrt rsqrt reciprocal cbrt", POSITIVE)
add("isnan isinf isfinite isposinf isneginf signbit nan_to_num", NANS)
add("nan_to_num", NANS, 7.0, 8.0, 9.0)
add("abs negative sign square floor ceil round sqrt exp logical_not cumsum sum mean max min prod "
    "isfinite any all count_nonzero sort argsort argmax std var trunc", abs(INTS))  # fmt: skip
add("add subtract multiply divide true_divide maximum minimum arctan2 hypot logaddexp logaddexp2 "
    "fmax fmin equal not_equal less less_equal greater greater_equal", A, B)  # fmt: skip
add("power", POSITIVE, UNIT)
add("power", UNIT, 3)
add("floor_divide mod fmod", A, POSITIVE[0, 0])
add("floor_divide mod add subtract multiply divide maximum minimum power equal less gcd lcm "
    "bitwise_and bitwise_or bitwise_xor", INTS, np.int32([2, 3, 4]))  # fmt: skip
add("left_shift right_shift bitwise_left_shift bitwise_right_shift", abs(INTS), np.int32([1, 2, 0]))
add("bitwise_not bitwise_invert", INTS)
add("add multiply", INTS, 2.5)
add("add multiply", A, 3)
add("divide_no_nan", A, np.float32([1.0, 0.0, 2.0, 0.0]))
add("heaviside", np.float32([-1.0, 0.0, 2.0]), 0.5)
add("ldexp", POSITIVE, np.int32([1, 2, 3]))
add("logical_and logical_or logical_xor", TRUTH, TRUTH[::-1])
add("isclose allclose", A, A + 1e-6)
add("isclose", SOME, SOME, equal_nan=True)
add("clip", A, -0.5, 0.5)
add("nextafter", POSITIVE, 10.0)
add("angle real imag conj isreal", A)

for axis in (None, 0, -1, (0, 2)):
    add("sum mean max min prod amax amin var std logsumexp any all", D / 5, axis)
    add("sum mean max var logsumexp ptp", D, axis, True)
    add("count_nonzero", INTS if axis != (0, 2) else D, None if axis == (0, 2) else axis)
add("max", D, initial=3.0)
add("max min", INTS, 1)
for axis in (None, 0, 1, -1):
    add("argmax argmin", D, axis)
    add("cumsum cumprod", D / 7, axis)
    add("median", D, axis)
    add("quantile percentile", D, 0.3, axis)
    add("flip", A, axis)
    add("take", A, [1, 0, 1], axis)
    add("repeat", A, 2, axis)
    add("roll", A, 2, axis)
    add("nansum nanmean nanmax nanmin nanprod nanvar nanargmax nanargmin nancumsum nancumprod",
        SOME, axis if axis is None else abs(axis))  # fmt: skip
add("nanmedian nanstd", SOME, 1)
add("nanquantile nanpercentile", SOME, 0.25, 1)
add("argmax argmin", D, 1, True)
add("average", A)
add("average", A, 1, np.float32([1.0, 2.0, 3.0]))
add("average", B, None, np.abs(B))
for method in ("linear", "lower", "higher", "midpoint", "nearest"):
    add("quantile", D, 0.37, 1, method)
add("quantile", D, [0.1, 0.5, 0.9], 1, keepdims=True)
add("argsort sort", D)
add("argsort sort", D, 1)
add("sort", INTS)
add("top_k", S, 3)
add("in_top_k", np.int32([1, 0]), UNIT, 2)
add("norm", B)
for order in (None, 1, 2, 3, np.inf, -np.inf, 0):
    add("norm", A, order, 1)
for order in (None, "fro", 1, -1, np.inf, -np.inf):
    add("norm", A, order, (1, 2), True)
for order in (1, 2, 3):
    add("normalize", A, 1, order)
add("corrcoef", B)
add("trapezoid", A)
add("trapezoid", A, None, 0.5, 1)
add("diff", A)
add("diff", A, 2, 1)

add("reshape", A, (4, -1))
add("reshape", INTS, (-1,))
add("transpose ravel squeeze", A)
add("transpose", A, (2, 0, 1))
add("transpose", TRUTH)
add("squeeze", A[:, :1], 1)
add("expand_dims", A, 1)
add("expand_dims", A, (0, -1))
add("swapaxes", A, 0, 2)
add("moveaxis", A, (0, 1), (-1, 0))
add("broadcast_to", B, (2, 3, 4))
add("tile", A, (2, 1, 3))
add("tile", V, 3)
add("repeat", B, np.int32([1, 0, 2]), 0)
add("roll", A, (1, 2), (0, 2))
for k in (0, 1, 3):  # Keras turns by 180 degrees as if they were a flip
    add("rot90", B, k)
add("rot90", A, 1, (1, 2))
add("fliplr flipud", B)
add("split", V, [1, 3])
add("split", A, 2, 2)
add("array_split", V, 3)
add("hsplit", B, 2)
add("vsplit", B, 3)
add("dsplit", A, 2)
add("unstack", A, axis=1)
add("concatenate", [A, A * 2], 1)
add("concatenate", [INTS, INTS])
add("stack", [A, A + 1], 1)
add("hstack vstack dstack", [B, B * 2])
add("hstack dstack", [V, W])
add("append", A, B)
add("append", A, A, 1)
for offset in (0, 1, -2):
    add("diag diagonal trace", M, offset)
    add("diag diagflat", V, offset)
    add("tril triu", A, offset)
add("diagonal", A, 1, 0, 2)
add("trace", A, 0, 1, 2)
add("vander", V)
add("vander", V, 3, True)
add("slice", A, (0, 1, 1), (2, 2, 2))
add("slice_update", A, (0, 1, 1), normal(2, 2, 2))
add("get_item", A, (slice(None), 1))
add("take", B, np.int32([[0, -1], [1, 1]]), 1)
add("take_along_axis", A, np.int32([[[0, 2, 1, 0]], [[2, 2, 1, 1]]]), 1)
add("where", TRUTH, UNIT, POSITIVE)
add("where", TRUTH, INTS, 0)
add("select", [TRUTH, ~TRUTH], [UNIT, POSITIVE], 3.0)
add("pad", A, ((0, 1), (2, 0), (1, 1)), constant_values=2.5)
add("pad", A, ((0, 1), (2, 0), (1, 1)), "reflect")
add("pad", A, ((0, 1), (2, 0), (1, 1)), "symmetric")
add("pad", INTS, ((1, 0), (0, 1)))

add("matmul", A, normal(4, 5))
add("matmul", A, normal(2, 4, 5))
add("matmul", normal(2, 1, 3, 4), normal(3, 4, 5))
add("matmul", B, normal(2, 4, 2))
add("matmul", V, W)
add("matmul", A, normal(4))
add("matmul", normal(3), A)
add("matmul", INTS, INTS.T)
add("dot", A, normal(4, 5))
add("dot", V, W)
add("dot", A, normal(2, 4, 3))
add("inner", A, B)
add("outer", V, W)
add("vdot", B, B + 1)
add("tensordot", A, normal(3, 4, 2), 2)
add("tensordot", A, normal(4, 3, 2), ([1, 2], [1, 0]))
add("cross", normal(4, 3), normal(4, 3))
add("kron", B, M)
Q, K = normal(2, 3, 4, 5), normal(2, 3, 6, 5)
for text, *operands in (
    ("ij,jk->ik", B, M), ("ij,jk", B, M), ("bij,bjk->bik", A, normal(2, 4, 3)), ("ij->ji", B),
    ("ij->", B), ("ijk->ik", A), ("ii->i", M), ("ii", M), ("bhqd,bhkd->bhqk", Q, K),
    ("bqhd,bkhd->bhqk", Q, normal(2, 6, 4, 5)), ("i,j->ij", V, W), ("i,i->", V, W),
    ("...ij,...jk->...ik", A, normal(2, 4, 5)), ("bi,bj->ij", B, B), ("bij,ij->b", A, B),
    ("bij,jk,kl->bil", A, M, M), ("bnd,de->bne", A, normal(4, 5)), ("bij,bij->bij", A, A),
    ("bi,bj->bij", B, B), ("ab,cb->ac", B, B),
):  # fmt: skip
    add("einsum", text, *operands)

for weights in (None, np.float32([1.0, 0.5, 2.0, 1.0, 3.0])):
    add("bincount", COUNTS, weights, 4)
add("bincount", LABELS)
add("histogram", V, 4)
add("histogram", V, 3, (-1.0, 1.0))
add("digitize", A, np.float32([-1.0, 0.0, 0.5]))
add("searchsorted", np.float32([-1.0, 0.0, 0.5]), V)
add("searchsorted", np.float32([1.0, 2.0, 3.0]), np.float32([2.0, 2.5]), "right")
add("unique", COUNTS)
add("unique", COUNTS, True, True, True, True)
add("unique", COUNTS, size=6, fill_value=-1)
add("isin", COUNTS, np.int32([2, 7]))
add("isin", COUNTS, np.int32([2, 7]), invert=True)
add("unravel_index", COUNTS, (3, 4))
add("multi_hot", LABELS, 4)
add("multi_hot", COUNTS, 6)
add("nonzero", INTS)
PLACES, UPDATES = np.int32([[0, 1], [2, 0], [0, 1]]), np.float32([1.0, 2.0, 3.0])
add("scatter", PLACES, UPDATES, (3, 2))
add("scatter", np.int32([[2], [0]]), normal(2, 4), (3, 4))
for kind in (None, "add", "max", "min", "mul"):
    add("scatter_update", normal(3, 2), PLACES[1:], UPDATES[1:], kind)
add("scatter_update", normal(3, 4), np.int32([[2], [0]]), normal(2, 4))
SEGMENTS = np.int32([0, 2, 0, 3, 2])
add("segment_sum segment_max segment_min segment_prod", V, SEGMENTS, 5)
add("segment_sum segment_max segment_min segment_prod", distinct(5, 3), SEGMENTS, 4)
add("segment_sum", V, np.int32([0, -1, 0, 3, 2]), 4)

add("layer_normalization rms_normalization", A)
add("layer_normalization", A, normal(4), normal(4), epsilon=1e-3)
add("layer_normalization", A, normal(3, 4), normal(3, 4), (1, 2))
add("rms_normalization", A, normal(4))
add("batch_normalization", A, normal(4), abs(normal(4)), -1, normal(4), normal(4))
add("batch_normalization", A, normal(3), abs(normal(3)), 1)
add("moments", A, (0, 1))
add("moments", A, 2, True)
HEADS = [normal(2, 5, 4, 3), normal(2, 6, 4, 3), normal(2, 6, 4, 3)]
add("dot_product_attention", *HEADS)
add("dot_product_attention", HEADS[0], HEADS[1][:, :, :2], HEADS[2][:, :, :2])
add("dot_product_attention", *HEADS, normal(2, 4, 5, 6), RNG.random((2, 1, 5, 6)) > 0.3, 0.4)
add("dot_product_attention", *HEADS, is_causal=True)
P = np.exp(normal(3, 4))
P /= P.sum(-1, keepdims=True)
for logits in (True, False):
    add("binary_crossentropy", np.float32(B > 0), P if not logits else B, logits)
    add("categorical_crossentropy", P[::-1].copy(), P if not logits else B, logits)
    add("sparse_categorical_crossentropy", np.int32([1, 0, 3]), P if not logits else B, logits)
add("categorical_crossentropy", P.T.copy(), B.T.copy(), True, 0)
IMAGE, SIGNAL = normal(2, 6, 5, 4), normal(2, 7, 4)
for options in ({}, {"strides": 2, "padding": "same"}, {"dilation_rate": 2}):
    add("conv", IMAGE, normal(3, 2, 4, 3), **options)
    add("conv", SIGNAL, normal(3, 4, 3), **options)
    add("conv", IMAGE, normal(3, 2, 2, 6), **options)
    if "strides" not in options:
        add("depthwise_conv", IMAGE, normal(3, 2, 4, 2), **options)
    add("separable_conv", IMAGE, normal(3, 3, 4, 2), normal(1, 1, 8, 3), **options)
for options in ({}, {"strides": 2, "padding": "same"}, {"strides": 2, "output_padding": 1}):
    add("conv_transpose", IMAGE, normal(3, 3, 2, 4), **options)
for options in ({}, {"strides": 1, "padding": "same"}, {"strides": 3}):
    add("max_pool average_pool", distinct(2, 6, 5, 3), 2, **options)
    add("max_pool average_pool", distinct(2, 6, 3), 2, **options)
add("depth_to_space", normal(2, 3, 2, 8), 2)
add("space_to_depth", normal(2, 4, 6, 2), 2)
add("unfold", normal(2, 3, 5, 4), 2)
add("unfold", normal(2, 3, 6, 7), (2, 3), 2, 1, (2, 1))
add("fold", normal(2, 12, 12), (5, 4), 2)
add("psnr", A, A + 0.3, 2.0)
add("cdist", A, normal(2, 5, 4))
add("extract_sequences", normal(2, 11), 4, 3)
add("correlate", V, W[:3])
add("correlate", V, W[:3], "same")
add("correlate", V, W[:2], "same")
add("correlate", V, W[:2], "full")
add("bartlett blackman hamming hanning", 6)
add("kaiser", 6, 2.5)
add("fft fft2", (normal(2, 4, 6), normal(2, 4, 6)))
add("fft", (normal(3, 90) / 10, normal(3, 90) / 10))
add("ifft2", (normal(2, 4, 6), normal(2, 4, 6)))
add("rfft", normal(2, 12))
add("rfft", normal(2, 12), 8)
add("rfft", normal(2, 12), 130)
add("irfft", (normal(2, 7), normal(2, 7)))
add("irfft", (normal(2, 7), normal(2, 7)), 11)
REGULAR = M @ M.T + np.eye(4, dtype="float32")
add("inv det cholesky logdet slogdet matrix_rank cholesky_inverse lu_factor", REGULAR)
add("cholesky", REGULAR, True)
add("pinv", B)
add("solve", REGULAR, normal(4, 2))
add("solve_triangular", np.tril(REGULAR), normal(4, 2), True)
add("lstsq", normal(6, 3), normal(6))
add("svd", B, compute_uv=False)

add("zeros ones empty", (2, 3))
add("zeros ones", (2,), "int32")
add("full", (2, 3), 2.5)
add("full_like", INTS, 4)
add("zeros_like ones_like", A)
add("zeros_like ones_like", INTS)
add("zeros_like", A, "int32")
add("eye", 3)
add("eye", 3, 4, 1)
add("identity", 3)
add("tri", 3, 4, 1)
add("arange", 5)
add("arange", 1, 7, 2)
add("arange", 0.0, 1.0, 0.25)
add("linspace", 0.0, 3.0, 4)
add("linspace", V, W, 4, False, axis=1)
add("logspace", 0.0, 2.0, 3)
add("geomspace", 1.0, 64.0, 4)
add("meshgrid", V, W[:3])
add("meshgrid", V, W[:3], indexing="ij")
add("cast", A * 3, "int32")
add("cast", INTS, "float32")
add("cast", INTS, "bool")
add("cast", TRUTH, "float32")
add("cast", A, "float16")
add("saturate_cast", A * 200, "uint8")
add("convert_to_tensor convert_to_numpy copy", A)
add("convert_to_tensor", [1, 2, 3])
add("convert_to_tensor", [1, 2, 3], "float32")
add("shape ndim size", A)
add("one_hot", LABELS, 4)
add("one_hot", LABELS, 3, 1)
add("one_hot", LABELS, 4, dtype="int32")
add("rearrange", normal(2, 6, 4), "b (h w) c -> b c h w", h=3)

add("relu relu6 sigmoid softplus softsign silu swish log_sigmoid leaky_relu hard_sigmoid hard_silu "
    "hard_swish elu selu gelu celu hard_tanh tanh_shrink hard_shrink soft_shrink squareplus "
    "sparse_plus sparse_sigmoid softmax log_softmax glu", A * 3)  # fmt: skip
add("leaky_relu", A, 0.1)
add("elu celu", A, 0.7)
add("gelu", A, False)
add("softmax log_softmax", A, 1)
add("softmax", A, (1, 2))
add("threshold", A, 0.3, -1.0)
add("glu", A, -1)
