"""Layers that Keras has, too: (name, arguments, shapes of one example)."""


def variations(name, base, *shapes, each=({},)):
    """A layer with its arguments changed in turn; a key "shapes" replaces the shapes."""
    for changes in each:
        arguments = {**base, **changes}
        yield name, arguments, arguments.pop("shapes", shapes)


WINDOWS = [
    {},
    {"padding": "same"},
    {"padding": "SAME", "strides": 2},
    {"padding": "VALID", "strides": 3},
    {"use_bias": False, "activation": "relu"},
]
DILATED = [{"dilation_rate": 2}, {"dilation_rate": 3, "padding": "same"}]
PENALTIES = {
    "kernel_regularizer": "l2",
    "bias_regularizer": "l1",
    "activity_regularizer": "l2",
    "kernel_constraint": "non_neg",
    "bias_constraint": "max_norm",
    "kernel_initializer": "he_normal",
    "bias_initializer": "ones",
}


def convolutions():
    yield from variations(
        "Conv1D", {"filters": 5, "kernel_size": 3}, (9, 4),
        each=[
            *WINDOWS, *DILATED, PENALTIES,
            {"padding": "causal"},
            {"padding": "causal", "dilation_rate": 2, "activation": "tanh"},
            {"padding": "causal", "strides": 2},
            {"filters": 16, "kernel_size": 1}, {"filters": 17, "kernel_size": 2},
            {"filters": 1, "shapes": [(3, 1)]},
            {"padding": "same", "kernel_size": 7, "shapes": [(2, 3)]},
            {"filters": 6, "groups": 2}, {"filters": 4, "groups": 4, "padding": "same"},
            {"data_format": "channels_first", "shapes": [(4, 9)]},
            {"padding": "same", "strides": 2, "shapes": [(1, 4)]},
            {"kernel_size": (4,), "strides": (2,), "padding": "same", "shapes": [(12, 33)]},
            {"activation": "gelu"}, {"activation": "swish"}, {"activation": "softmax"},
        ],
    )  # fmt: skip
    yield from variations(
        "Conv2D", {"filters": 6, "kernel_size": 3}, (7, 8, 4),
        each=[
            *WINDOWS, *DILATED, PENALTIES,
            {"kernel_size": (2, 3)}, {"kernel_size": (1, 5), "padding": "same"},
            {"kernel_size": [3, 2], "strides": [1, 1]},
            {"kernel_size": 1}, {"kernel_size": 1, "strides": 2},
            {"kernel_size": 5, "padding": "same", "shapes": [(2, 3, 2)]},
            {"kernel_size": 2, "padding": "same", "strides": 2, "shapes": [(7, 5, 3)]},
            {"kernel_size": 3, "padding": "same", "strides": (2, 2), "shapes": [(6, 7, 3)]},
            {"strides": (2, 1)}, {"strides": (1, 3), "padding": "same"},
            {"dilation_rate": (2, 1)}, {"dilation_rate": (1, 2), "padding": "same"},
            {"filters": 1, "shapes": [(3, 3, 1)]}, {"filters": 33, "shapes": [(4, 4, 17)]},
            {"filters": 16, "shapes": [(8, 8, 16)], "padding": "same"},
            {"filters": 8, "shapes": [(5, 5, 15)]}, {"filters": 7, "shapes": [(6, 5, 9)]},
            {"groups": 2}, {"filters": 8, "groups": 4, "padding": "same"},
            {"filters": 4, "groups": 4, "strides": 2},
            {"data_format": "channels_first", "padding": "same", "strides": 2,
             "shapes": [(3, 6, 5)]},
            {"activation": "sigmoid"}, {"activation": "leaky_relu"}, {"activation": "elu"},
            {"activation": "softmax"}, {"activation": "hard_sigmoid"},
            {"padding": "same", "shapes": [(1, 1, 3)]},
            {"trainable": False, "name": "frozen"},
            {"kernel_initializer": "zeros"}, {"kernel_initializer": "lecun_normal"},
        ],
    )  # fmt: skip
    yield from variations(
        "Conv3D", {"filters": 4, "kernel_size": 2}, (4, 5, 3, 3),
        each=[
            {}, {"padding": "same"}, {"padding": "same", "strides": 2}, {"strides": (2, 1, 1)},
            {"kernel_size": (1, 3, 2)}, {"kernel_size": 3, "padding": "same"}, {"use_bias": False},
            {"activation": "relu"}, {"filters": 17}, {"kernel_size": 1},
            {"filters": 1, "shapes": [(2, 2, 2, 1)]}, {"dilation_rate": 2},
            {"data_format": "channels_first", "shapes": [(3, 4, 5, 3)]},
        ],
    )  # fmt: skip


def transposes():
    for rank, shape in ((1, (5,)), (2, (4, 5)), (3, (2, 3, 2))):
        yield from variations(
            f"Conv{rank}DTranspose", {"filters": 3, "kernel_size": 3}, (*shape, 4),
            each=[
                {}, {"padding": "same"}, {"strides": 2}, {"strides": 2, "padding": "same"},
                {"strides": 3, "padding": "same"}, {"strides": 3, "kernel_size": 2},
                {"strides": 2, "padding": "same", "kernel_size": 2},
                {"strides": 2, "padding": "same", "output_padding": 1},
                {"strides": 2, "output_padding": 1}, {"strides": 2, "output_padding": 0},
                {"strides": 3, "output_padding": 2, "padding": "same", "kernel_size": 4},
                {"kernel_size": 4, "strides": 2, "padding": "SAME", "use_bias": False},
                {"kernel_size": 1}, {"kernel_size": 5, "padding": "same"}, {"activation": "relu"},
                {"filters": 17, "kernel_size": 2, "strides": 2},
                {"shapes": [(1,) * rank + (1,)], "filters": 1},
                {"data_format": "channels_first", "shapes": [(4, *shape)], "padding": "same"},
            ],
        )  # fmt: skip
    yield from variations(
        "Conv2DTranspose", {"filters": 2, "kernel_size": 3}, (4, 5, 3),
        each=[
            PENALTIES, {"strides": (2, 1)}, {"kernel_size": (2, 4), "strides": (1, 2)},
            {"dilation_rate": 2}, {"dilation_rate": 2, "padding": "same"},
            {"strides": (2, 3), "padding": "same", "output_padding": (1, 2)},
        ],
    )  # fmt: skip


def depthwise():
    for rank, shape in ((1, (8,)), (2, (7, 6))):
        yield from variations(
            f"DepthwiseConv{rank}D", {"kernel_size": 3}, (*shape, 4),
            each=[
                *WINDOWS, *DILATED, {"depth_multiplier": 2}, {"depth_multiplier": 3, "strides": 2},
                {"kernel_size": 1}, {"kernel_size": 2, "padding": "same", "strides": 2},
                {"shapes": [(*shape, 17)]}, {"shapes": [(*shape, 1)]},
                {"kernel_size": 5, "padding": "same", "shapes": [(2,) * rank + (3,)]},
                {"depthwise_regularizer": "l2", "depthwise_constraint": "unit_norm",
                 "depthwise_initializer": "he_uniform"},
                {"data_format": "channels_first", "use_bias": False, "shapes": [(4, *shape)]},
            ],
        )  # fmt: skip
        yield from variations(
            f"SeparableConv{rank}D", {"filters": 5, "kernel_size": 3}, (*shape, 4),
            each=[
                *WINDOWS, *DILATED, {"depth_multiplier": 2}, {"filters": 17},
                {"filters": 1, "kernel_size": 1}, {"depth_multiplier": 3, "padding": "same"},
                {"shapes": [(*shape, 9)], "strides": 2, "padding": "same"},
                {"depthwise_initializer": "ones", "pointwise_initializer": "he_normal",
                 "pointwise_regularizer": "l1", "pointwise_constraint": "non_neg"},
                {"data_format": "channels_first", "shapes": [(4, *shape)], "padding": "same"},
            ],
        )  # fmt: skip
    yield "SeparableConv1D", {"filters": 3, "kernel_size": 2, "padding": "same"}, [(6, 3)]
    yield "DepthwiseConv2D", {"kernel_size": (2, 3)}, [(5, 6, 3)]


def pooling():
    for rank, shape in ((1, (9,)), (2, (7, 8)), (3, (4, 5, 4))):
        for kind in ("Max", "Average"):
            yield from variations(
                f"{kind}Pooling{rank}D", {"pool_size": 2}, (*shape, 3),
                each=[
                    {}, {"padding": "same"}, {"strides": 1}, {"strides": 1, "padding": "same"},
                    {"pool_size": 3, "strides": 2}, {"pool_size": 3, "strides": 2,
                                                     "padding": "same"},
                    {"pool_size": 1}, {"pool_size": 2, "strides": 3},
                    {"pool_size": 4, "padding": "same"}, {"shapes": [(*shape, 17)]},
                    {"data_format": "channels_first", "shapes": [(3, *shape)]},
                    {"pool_size": (2,) * rank, "strides": (2,) * rank, "name": "pool"},
                ],
            )  # fmt: skip
            yield from variations(
                f"Global{kind}Pooling{rank}D", {}, (*shape, 3),
                each=[
                    {}, {"keepdims": True}, {"shapes": [(1,) * rank + (1,)]},
                    {"data_format": "channels_first", "shapes": [(3, *shape)]},
                    {"data_format": "channels_first", "keepdims": True, "shapes": [(3, *shape)]},
                ],
            )  # fmt: skip
        yield from variations(  # TensorFlow crashes in the maximum's
            f"AdaptiveAveragePooling{rank}D", {"output_size": 2}, (*shape, 3),
            each=[{}, {"output_size": 3}, {"output_size": 1}, {"output_size": (3,) * rank}],
        )  # fmt: skip
    yield "MaxPooling2D", {}, [(5, 4, 3)]
    yield "MaxPooling2D", {"pool_size": (1, 3), "strides": (2, 1)}, [(5, 4, 3)]
    yield "AveragePooling2D", {"pool_size": (3, 2), "padding": "same"}, [(5, 5, 3)]


def normalizations():
    yield from variations(
        "BatchNormalization", {}, (5, 6, 4),
        each=[
            {}, {"axis": 1}, {"momentum": 0.9, "epsilon": 1e-5}, {"center": False},
            {"scale": False}, {"center": False, "scale": False}, {"shapes": [(7,)]},
            {"shapes": [(5, 17)]}, {"shapes": [(3, 2, 4, 2)]},
            {"gamma_initializer": "zeros", "beta_regularizer": "l2", "gamma_constraint": "non_neg"},
            {"trainable": False}, {"axis": -2}, {"synchronized": False},
            {"renorm": True}, {"renorm": True, "renorm_momentum": 0.5,
                               "renorm_clipping": {"rmax": 1.5, "rmin": 0.7, "dmax": 0.3}},
        ],
    )  # fmt: skip
    yield from variations(
        "LayerNormalization", {}, (5, 6, 4),
        each=[
            {}, {"axis": 1}, {"axis": [1, 2]}, {"axis": (-2, -1)}, {"epsilon": 1e-6},
            {"center": False}, {"scale": False}, {"shapes": [(9,)]}, {"axis": [1, 2, 3]},
            {"gamma_initializer": "he_normal", "shapes": [(4, 17)], "axis": [1, 2]},
        ],
    )  # fmt: skip
    yield from variations(
        "GroupNormalization", {"groups": 2}, (5, 6, 4),
        each=[
            {}, {"groups": -1}, {"groups": 1}, {"groups": 4}, {"axis": 2}, {"epsilon": 1e-5},
            {"scale": False}, {"center": False}, {"shapes": [(8,)]}, {"shapes": [(3, 34)]},
            {"groups": 32, "shapes": [(3, 64)]},
        ],
    )  # fmt: skip
    yield from variations(
        "RMSNormalization",
        {},
        (5, 6, 4),
        each=[{}, {"epsilon": 1e-3}, {"shapes": [(9,)]}],
    )
    yield from variations(
        "UnitNormalization",
        {},
        (5, 6, 4),
        each=[{}, {"axis": 1}, {"axis": [1, 2]}, {"axis": [-1]}, {"shapes": [(9,)]}],
    )
    for layer in (("Dense", {"units": 3}), ("Conv2D", {"filters": 3, "kernel_size": 2})):
        shape = (5,) if layer[0] == "Dense" else (4, 4, 2)
        yield "SpectralNormalization", {"layer": layer}, [shape]
        yield "SpectralNormalization", {"layer": layer, "power_iterations": 3}, [shape]


def activations():
    yield from variations(
        "ReLU", {}, (5, 4),
        each=[
            {}, {"max_value": 1.0}, {"negative_slope": 0.2}, {"threshold": 0.5},
            {"max_value": 1.0, "negative_slope": 0.1, "threshold": 0.3}, {"max_value": 6},
        ],
    )  # fmt: skip
    yield from variations("LeakyReLU", {}, (5, 4), each=[{}, {"negative_slope": 0.1}])
    yield from variations("ELU", {}, (5, 4), each=[{}, {"alpha": 0.5}])
    yield from variations(
        "PReLU", {}, (3, 4, 5),
        each=[
            {}, {"shared_axes": [1, 2]}, {"shared_axes": [1]}, {"alpha_regularizer": "l2"},
            {"alpha_initializer": "ones", "alpha_constraint": "non_neg"}, {"shapes": [(7,)]},
        ],
    )  # fmt: skip
    yield from variations(
        "Softmax", {}, (3, 4, 5), each=[{}, {"axis": 1}, {"axis": (1, 2)}, {"axis": [-1, -2]}]
    )
    names = """celu elu exponential gelu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh
        leaky_relu linear log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink
        softmax softplus softsign sparse_plus sparse_sigmoid squareplus swish tanh
        tanh_shrink threshold"""
    for name in names.split():
        if name != "threshold":
            yield "Activation", {"activation": name}, [(4, 6)]
    yield "Identity", {}, [(3, 2)]
    yield "ActivityRegularization", {"l1": 0.1, "l2": 0.2}, [(3, 2)]


def merging():
    pair, triple = [(4, 3), (4, 3)], [(4, 3), (4, 3), (4, 3)]
    for name in ("Add", "Average", "Multiply", "Maximum", "Minimum"):
        yield name, {}, pair
        yield name, {}, triple
        yield name, {}, [(4, 3), (1, 3)]
        yield name, {}, [(5, 4, 3), (1, 1, 3)]
    yield "Subtract", {}, pair
    yield "Subtract", {}, [(4, 3), (4, 1)]
    yield "Concatenate", {}, triple
    yield "Concatenate", {"axis": 1}, [(4, 3), (2, 3)]
    yield "Concatenate", {"axis": 3}, [(2, 4, 3), (2, 4, 1)]
    yield "Concatenate", {"axis": -2}, [(2, 4, 3), (2, 1, 3)]
    yield "Dot", {"axes": 1}, [(5,), (5,)]
    yield "Dot", {"axes": -1}, [(5,), (5,)]
    yield "Dot", {"axes": 1, "normalize": True}, [(5,), (5,)]
    yield "Dot", {"axes": (2, 1)}, [(4, 3), (3, 5)]
    yield "Dot", {"axes": 1}, [(4, 3), (4, 5)]
    yield "Dot", {"axes": 2, "normalize": True}, [(4, 3), (5, 3)]
    yield "Dot", {"axes": (1, 2)}, [(4, 3), (5, 4)]
    yield "Dot", {"axes": (2, 1)}, [(4, 3), (3,)]


def reshaping():
    yield "Flatten", {}, [(3, 4, 2)]
    yield "Flatten", {}, [(5,)]
    yield "Flatten", {}, [()]
    yield "Flatten", {"data_format": "channels_first"}, [(3, 4, 2)]
    yield "Reshape", {"target_shape": (6, 4)}, [(4, 3, 2)]
    yield "Reshape", {"target_shape": (-1, 2)}, [(4, 3, 2)]
    yield "Reshape", {"target_shape": (24,)}, [(4, 3, 2)]
    yield "Reshape", {"target_shape": [2, 2, -1]}, [(4, 3)]
    yield "Permute", {"dims": (2, 1)}, [(4, 3)]
    yield "Permute", {"dims": (3, 1, 2)}, [(4, 3, 2)]
    yield "RepeatVector", {"n": 3}, [(4,)]
    yield "RepeatVector", {"n": 1}, [(1,)]
    for rank, shape in ((1, (5,)), (2, (4, 5)), (3, (3, 4, 3))):
        x = (*shape, 2)
        yield from variations(
            f"ZeroPadding{rank}D", {}, x,
            each=[
                {}, {"padding": 2}, {"padding": 0},
                {"padding": (1, 2) if rank == 1 else tuple((i, 2) for i in range(rank))},
            ],
        )  # fmt: skip
        yield from variations(
            f"Cropping{rank}D",
            {"cropping": 1},
            x,
            each=[{}, {"cropping": (1, 0) if rank == 1 else ((1, 0),) * rank}, {"cropping": 0}],
        )
        yield from variations(f"UpSampling{rank}D", {}, x, each=[{}, {"size": 3}, {"size": 1}])
        if rank > 1:
            first = {"data_format": "channels_first", "shapes": [(2, *shape)]}
            yield from variations(f"ZeroPadding{rank}D", {"padding": (1,) * rank}, each=[first])
            yield from variations(f"Cropping{rank}D", {"cropping": (1,) * rank}, each=[first])
            yield from variations(f"UpSampling{rank}D", {"size": (2,) * rank}, each=[first])
    yield "ZeroPadding1D", {"padding": (0, 2), "data_format": "channels_first"}, [(2, 5)]
    yield "ZeroPadding2D", {"padding": (1, 2)}, [(3, 4, 2)]
    yield "Cropping2D", {}, [(3, 4, 2)]
    yield "Cropping2D", {"cropping": ((0, 1), (1, 2))}, [(5, 6, 2)]
    for interpolation in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"):
        arguments = {"size": (2, 3), "interpolation": interpolation}
        yield "UpSampling2D", arguments, [(4, 5, 2)]


def dense():
    yield from variations(
        "Dense", {"units": 5}, (7,),
        each=[
            {}, {"use_bias": False}, {"activation": "softmax"}, {"activation": "relu"}, PENALTIES,
            {"units": 1, "shapes": [(1,)]}, {"units": 33, "shapes": [(17,)]},
            {"shapes": [(4, 3)]}, {"shapes": [(2, 4, 3)]}, {"shapes": [(2, 2, 2, 3)]},
            {"activation": "tanh", "name": "out", "trainable": False},
        ],
    )  # fmt: skip
    yield from variations(
        "EinsumDense", {"equation": "ab,bc->ac", "output_shape": 5, "bias_axes": "c"}, (7,),
        each=[
            {}, {"bias_axes": None}, {"activation": "relu"},
            {"equation": "abc,cd->abd", "output_shape": (None, 5), "bias_axes": "d",
             "shapes": [(4, 7)]},
            {"equation": "...x,xy->...y", "output_shape": 5, "bias_axes": "y", "shapes": [(4, 7)]},
            {"equation": "abc,cde->abde", "output_shape": (None, 2, 3), "bias_axes": "de",
             "shapes": [(4, 7)]},
            {"equation": "ab...,bc->ac...", "shapes": [(4, 7)]},
        ],
    )  # fmt: skip


def images():
    for arguments in (
        {}, {"interpolation": "nearest"}, {"interpolation": "bicubic"}, {"antialias": True},
        {"crop_to_aspect_ratio": True}, {"pad_to_aspect_ratio": True, "fill_value": 2.0},
        {"height": 9, "width": 11}, {"interpolation": "lanczos3"},
    ):  # fmt: skip
        yield "Resizing", {"height": 4, "width": 3, **arguments}, [(6, 7, 3)]
    yield "Resizing", {"height": 4, "width": 3, "data_format": "channels_first"}, [(3, 6, 7)]
    for size in ((3, 4), (2, 2), (6, 7), (8, 5), (5, 5)):
        yield "CenterCrop", {"height": size[0], "width": size[1]}, [(6, 7, 3)]
    yield "Rescaling", {"scale": 0.5}, [(3, 4, 2)]
    yield "Rescaling", {"scale": 1 / 127.5, "offset": -1}, [(3, 4, 2)]
    yield "Rescaling", {"scale": [0.5, 2.0], "offset": [1.0, 0.0]}, [(3, 4, 2)]
    yield "Normalization", {"mean": 3.0, "variance": 2.0}, [(3, 4)]
    yield "Normalization", {"mean": [1.0, 2.0], "variance": [2.0, 4.0]}, [(3, 2)]
    yield "Normalization", {"mean": 3.0, "variance": 2.0, "invert": True}, [(3, 4)]
    yield "Normalization", {"mean": 3.0, "variance": 2.0, "axis": None}, [(3, 4)]
    yield "Normalization", {"mean": [1.0, 2, 3], "variance": [1, 2.0, 3], "axis": 1}, [(3, 4)]
    yield "STFTSpectrogram", {"frame_length": 16, "frame_step": 8, "fft_length": 16}, [(64, 1)]
    yield "MelSpectrogram", {"fft_length": 64, "num_mel_bins": 8, "sequence_stride": 16}, [(256,)]


def random():
    for name, shape in (
        ("Dropout", (5,)), ("AlphaDropout", (5,)), ("GaussianDropout", (5,)),
        ("SpatialDropout1D", (4, 3)), ("SpatialDropout2D", (4, 3, 2)),
        ("SpatialDropout3D", (2, 4, 3, 2)),
    ):  # fmt: skip
        yield name, {"rate": 0.3, "seed": 1}, [shape]
        yield name, {"rate": 0.0}, [shape]
    yield "Dropout", {"rate": 0.5, "noise_shape": (None, 1, 3)}, [(4, 3)]
    yield "GaussianNoise", {"stddev": 0.3}, [(5,)]
    yield "SpatialDropout2D", {"rate": 0.3, "data_format": "channels_first"}, [(2, 4, 3)]


def wrappers():
    yield "TimeDistributed", {"layer": ("Dense", {"units": 3})}, [(4, 5)]
    yield "TimeDistributed", {"layer": ("Conv2D", {"filters": 2, "kernel_size": 2})}, [(3, 4, 4, 2)]
    yield "TimeDistributed", {"layer": ("MaxPooling1D", {})}, [(3, 4, 2)]
    yield "TimeDistributed", {"layer": ("BatchNormalization", {})}, [(3, 4)]
    yield "TimeDistributed", {"layer": ("Flatten", {})}, [(3, 4, 2)]


FAMILIES = [
    convolutions, transposes, depthwise, pooling, normalizations, activations, merging, reshaping,
    dense, images, random, wrappers,
]  # fmt: skip
CASES = [case for family in FAMILIES for case in family()]
