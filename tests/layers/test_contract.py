"""Every layer against the contract of layers."""

import pytest

from pyconv import layers
from tests.layers.contract import check_layer

# (layer, arguments, shapes of one example): sizes straddle register tiles, and sizes of 1
CASES = [
    ("Conv1D", {"filters": 15, "kernel_size": 3, "strides": 2, "activation": "relu"}, (40, 1)),
    ("Conv1D", {"filters": 4, "kernel_size": 3, "padding": "CAUSAL", "dilation_rate": 2}, (9, 3)),
    ("Conv1D", {"filters": 2, "kernel_size": 1, "use_bias": False}, (1, 1)),
    ("Conv2D", {"filters": 17, "kernel_size": 3, "padding": "SAME"}, (8, 9, 5)),
    ("Conv2D", {"filters": 6, "kernel_size": (3, 2), "strides": (2, 1), "groups": 3}, (7, 6, 9)),
    ("Conv2D", {"filters": 3, "kernel_size": 3, "strides": 2, "dilation_rate": 2}, (9, 9, 2)),
    ("Conv2D", {"filters": 4, "kernel_size": 3, "data_format": "channels_first"}, (2, 6, 5)),
    ("Conv2D", {"filters": 64, "kernel_size": 5}, (5, 5, 3)),
    ("Conv3D", {"filters": 5, "kernel_size": 2, "padding": "same", "strides": 2}, (3, 4, 5, 2)),
    ("Conv1DTranspose", {"filters": 3, "kernel_size": 2, "strides": 3}, (4, 2)),
    ("Conv1DTranspose", {"filters": 2, "kernel_size": 3, "data_format": "channels_first"}, (3, 4)),
    ("Conv2DTranspose", {"filters": 4, "kernel_size": 3, "padding": "same"}, (4, 5, 6)),
    ("Conv3DTranspose", {"filters": 2, "kernel_size": 2, "activation": "tanh"}, (2, 3, 2, 1)),
    ("DepthwiseConv1D", {"kernel_size": 3, "depth_multiplier": 2, "padding": "same"}, (7, 3)),
    ("DepthwiseConv2D", {"kernel_size": 3, "strides": 2}, (9, 8, 16)),
    ("DepthwiseConv2D", {"kernel_size": 2, "data_format": "channels_first"}, (3, 4, 4)),
    ("Dense", {"units": 10, "activation": "softmax"}, (60,)),
    ("Dense", {"units": 1, "kernel_regularizer": "l2", "use_bias": False}, (3, 1)),
    ("MaxPooling1D", {}, (5, 3)),
    ("MaxPooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}, (7, 6, 4)),
    ("MaxPooling2D", {"data_format": "channels_first"}, (3, 4, 6)),
    ("MaxPooling3D", {"pool_size": (1, 2, 2)}, (3, 4, 4, 2)),
    ("AveragePooling1D", {"pool_size": 2, "padding": "Same"}, (5, 17)),
    ("AveragePooling2D", {"pool_size": 3, "strides": 1, "padding": "same"}, (4, 5, 2)),
    ("AveragePooling3D", {"pool_size": 2, "strides": 1}, (2, 3, 4, 1)),
    ("GlobalAveragePooling1D", {}, (6, 3)),
    ("GlobalAveragePooling2D", {"keepdims": True}, (4, 5, 3)),
    ("GlobalAveragePooling3D", {"data_format": "channels_first"}, (3, 2, 3, 4)),
    ("GlobalMaxPooling1D", {"keepdims": True, "data_format": "channels_first"}, (3, 6)),
    ("GlobalMaxPooling2D", {}, (4, 5, 3)),
    ("GlobalMaxPooling3D", {}, (2, 3, 4, 1)),
    ("Flatten", {}, (4, 3, 2)),
    ("Flatten", {"data_format": "channels_first"}, (4, 3, 2)),
    ("Flatten", {}, ()),
    ("Reshape", {"target_shape": [4, -1]}, (2, 6)),
    ("Reshape", {"target_shape": (12,)}, (2, 6)),
    ("Permute", {"dims": (3, 1, 2)}, (2, 3, 4)),
    ("ZeroPadding1D", {"padding": (1, 2)}, (4, 3)),
    ("ZeroPadding2D", {"padding": ((1, 0), (2, 3))}, (4, 3, 2)),
    ("ZeroPadding2D", {"padding": (1, 2), "data_format": "channels_first"}, (2, 4, 3)),
    ("ZeroPadding3D", {}, (2, 2, 3, 1)),
    ("ReflectionPadding1D", {"padding": (1, 2)}, (4, 3)),
    ("ReflectionPadding2D", {"padding": 2, "data_format": "channels_first"}, (2, 4, 3)),
    ("ReflectionPadding3D", {}, (2, 2, 3, 1)),
    ("ReplicationPadding1D", {"padding": 3}, (1, 9)),
    ("ReplicationPadding2D", {"padding": ((1, 0), (2, 3))}, (4, 3, 2)),
    ("ReplicationPadding3D", {"data_format": "channels_first"}, (2, 2, 3, 1)),
    ("CircularPadding1D", {"data_format": "channels_first"}, (3, 4)),
    ("CircularPadding2D", {"padding": (1, 2)}, (4, 3, 17)),
    ("CircularPadding3D", {"padding": (0, 1, 2)}, (2, 2, 3, 1)),
    ("Cropping1D", {}, (4, 3)),
    ("Cropping1D", {"cropping": (0, 2), "data_format": "channels_first"}, (3, 4)),
    ("Cropping2D", {"cropping": ((1, 0), (0, 2))}, (3, 4, 5)),
    ("Cropping3D", {"cropping": (1, 0, 1)}, (3, 4, 5, 2)),
    ("Activation", {"activation": "gelu"}, (5,)),
    ("ReLU", {"max_value": 1.0, "negative_slope": 0.1, "threshold": 0.2}, (3, 4)),
    ("LeakyReLU", {}, (7,)),
    ("LeakyReLU", {"alpha": 0.1}, (7,)),
    ("ELU", {"alpha": 0.5}, (7,)),
    ("Softmax", {"axis": 1}, (5, 3)),
    ("Softmax", {"axis": [1, 3]}, (3, 4, 5)),
    ("PReLU", {"alpha_initializer": "random_uniform"}, (4, 3)),
    ("PReLU", {"shared_axes": [1, 2], "alpha_regularizer": "l2"}, (4, 3, 17)),
    ("GELU", {}, (9,)),
    ("GELU", {"approximate": True}, (9,)),
    ("SiLU", {}, (9,)),
    ("Activation", {"activation": "glu"}, (4, 6)),
    ("Activation", {"activation": "sparsemax"}, (4, 6)),
    ("Dropout", {"rate": 0.5, "seed": 3}, (40,)),
    ("Dropout", {"rate": 0.3, "noise_shape": (None, 1, 4)}, (6, 4)),
    ("Dropout", {"rate": 1}, (4,)),
    ("BatchNormalization", {}, (5, 4, 3)),
    ("BatchNormalization", {"axis": 1, "scale": False, "momentum": 0.5}, (3, 5, 4)),
    ("BatchNormalization", {"center": False}, (65,)),
    ("LayerNormalization", {}, (5, 4, 3)),
    ("LayerNormalization", {"axis": [1, 3], "rms_scaling": True}, (5, 4, 3)),
    ("GroupNormalization", {"groups": 3}, (5, 4, 9)),
    ("GroupNormalization", {"groups": -1, "axis": 1, "center": False}, (3, 5)),
    ("RMSNormalization", {}, (5, 17)),
    ("UnitNormalization", {"axis": (1, 2)}, (5, 3)),
    ("LocalResponseNormalization", {"size": 5}, (3, 4, 9)),
    ("LocalResponseNormalization", {"size": 2, "k": 2.0, "axis": 1}, (3, 4, 2)),
    ("SpatialDropout1D", {"rate": 0.5, "seed": 1}, (6, 4)),
    ("SpatialDropout2D", {"rate": 0.5, "data_format": "channels_first"}, (4, 3, 2)),
    ("SpatialDropout3D", {"rate": 0.3}, (2, 3, 2, 9)),
    ("GaussianNoise", {"stddev": 0.5, "seed": 3}, (5, 3)),
    ("GaussianDropout", {"rate": 0.5, "seed": 3}, (5, 3)),
    ("AlphaDropout", {"rate": 0.5, "seed": 3}, (5, 3)),
    ("Rescaling", {"scale": 2.0, "offset": [1.0, -1.0]}, (3, 2)),
]  # fmt: skip
MERGES = [
    ("Add", {}, (4, 3), (4, 3), (4, 3)),
    ("Add", {}, (4, 5, 3), (3,)),
    ("Subtract", {}, (4, 3), (4, 3)),
    ("Multiply", {}, (4, 3), (1, 3), (4, 3)),
    ("Average", {}, (4, 3), (4, 3), (4, 3)),
    ("Maximum", {}, (4, 3), (4, 3)),
    ("Minimum", {}, (4, 3), (4, 3)),
    ("Concatenate", {}, (4, 3), (4, 1), (4, 2)),
    ("Concatenate", {"axis": 1}, (4, 3), (1, 3)),
    ("Concatenate", {"axis": -2}, (2, 4, 3), (2, 1, 3)),
]


@pytest.mark.parametrize(
    ("name", "kwargs", "shapes"), [(n, k, s) for n, k, *s in CASES + MERGES], ids=str
)
def test_contract(name, kwargs, shapes):
    check_layer(getattr(layers, name), kwargs, *shapes)


def test_every_layer_is_checked():
    exported = [getattr(layers, name) for name in layers.__all__]
    classes = {x.__name__ for x in exported if isinstance(x, type) and issubclass(x, layers.Layer)}
    assert {name for name, *_ in CASES + MERGES} == classes - {"Layer", "InputLayer"}
