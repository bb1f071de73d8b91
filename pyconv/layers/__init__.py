"""Layers: functions with weights, of which models are made."""

from pyconv.utils.lazy import exports

__all__, __getattr__, __dir__ = exports(
    __name__,
    {
        ".random.seed_generator": "SeedGenerator",
        "activation": "Activation ELU GELU LeakyReLU PReLU ReLU SiLU Softmax",
        "attention": "AdditiveAttention Attention",
        "images.augmentation": "PCAColorShift RandomBrightness RandomContrast RandomFlip",
        "recurrent.bidirectional": "Bidirectional",
        "call": "LayerCall",
        "features.categories": "CategoryEncoding",
        "recurrent.cells": "GRUCell LSTMCell SimpleRNNCell",
        "images.chains": "AugMix Pipeline RandAugment",
        "images.colors": (
            "RandomColorDegeneration RandomColorJitter RandomGrayscale RandomHue RandomInvert "
            "RandomPosterization RandomSaturation"
        ),
        "connection_table": "ConnectionTableConv2D",
        "convolution": "Conv1D Conv2D Conv3D Convolution1D Convolution2D Convolution3D",
        "recurrent.convolution_recurrent": "ConvLSTM1D ConvLSTM2D ConvLSTM3D",
        "convolution_transpose": (
            "Conv1DTranspose Conv2DTranspose Conv3DTranspose Convolution1DTranspose "
            "Convolution2DTranspose Convolution3DTranspose"
        ),
        "core": "Identity Input InputLayer Lambda",
        "cropping": "Cropping1D Cropping2D Cropping3D",
        "deformable": "DeformableConv2D",
        "dense": "Dense EinsumDense",
        "depthwise": "DepthwiseConv1D DepthwiseConv2D DepthwiseConv3D",
        "features.discretization": "Discretization",
        "images.distorting": "RandomElasticTransform RandomPerspective RandomShear",
        "dynamic": "DynamicConv1D DynamicConv2D DynamicConv3D",
        "embedding": "Embedding ReversibleEmbedding",
        "equivariant": "GroupPooling P4Conv2D P4LiftingConv2D P4MConv2D P4MLiftingConv2D",
        "images.erasing": "Cutout RandomErasing",
        "example_normalization": (
            "GroupNormalization LayerNormalization LocalResponseNormalization RMSNormalization "
            "UnitNormalization"
        ),
        "filtered_spectrogram": "LogFrequencySpectrogram MelSpectrogram",
        "features.hashing": "HashedCrossing Hashing",
        "images.histograms": (
            "AutoContrast ContrastLimitedAdaptiveHistogramEqualization Equalization Solarization"
        ),
        "input_spec": "InputSpec",
        "layer": "Layer",
        "local": (
            "LocallyConnected1D LocallyConnected2D LocallyConnected3D TiledConv1D TiledConv2D "
            "TiledConv3D"
        ),
        "features.lookup": "IntegerLookup StringLookup",
        "images.max_num_boxes": "MaxNumBoundingBoxes",
        "masking": "Masking",
        "merging": (
            "Add Average Concatenate Dot Maximum Minimum Multiply Subtract add average concatenate "
            "dot maximum minimum multiply subtract"
        ),
        "images.mixing": "CutMix MixUp",
        "multi_head_attention": "GroupQueryAttention GroupedQueryAttention MultiHeadAttention",
        "normalization": "BatchNormalization",
        "padding": (
            "CircularPadding1D CircularPadding2D CircularPadding3D ReflectionPadding1D "
            "ReflectionPadding2D ReflectionPadding3D ReplicationPadding1D ReplicationPadding2D "
            "ReplicationPadding3D ZeroPadding1D ZeroPadding2D ZeroPadding3D"
        ),
        "patch_normalized": "PatchNormalizedConv2D",
        "pooling": (
            "AveragePooling1D AveragePooling2D AveragePooling3D AvgPool1D AvgPool2D AvgPool3D "
            "MaxPool1D MaxPool2D MaxPool3D MaxPooling1D MaxPooling2D MaxPooling3D"
        ),
        "pooling_adaptive": (
            "AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D "
            "AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D"
        ),
        "pooling_channels": "ChannelAveragePooling ChannelMaxPooling Maxout",
        "pooling_global": (
            "GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D GlobalAvgPool1D "
            "GlobalAvgPool2D GlobalAvgPool3D GlobalMaxPool1D GlobalMaxPool2D GlobalMaxPool3D "
            "GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D"
        ),
        "pooling_random": (
            "MaxPoolingDropout1D MaxPoolingDropout2D MaxPoolingDropout3D StochasticPooling1D "
            "StochasticPooling2D StochasticPooling3D"
        ),
        "pooling_weighted": (
            "GaussianPooling1D GaussianPooling2D GaussianPooling3D LpPooling1D LpPooling2D "
            "LpPooling3D MaxBlurPooling1D MaxBlurPooling2D MaxBlurPooling3D WeightedPooling1D "
            "WeightedPooling2D WeightedPooling3D"
        ),
        "features.preprocessing": "Normalization Rescaling",
        "recurrent.layers": "GRU LSTM SimpleRNN",
        "regions": "CropAndResize NonMaximumSuppression RoIAlign",
        "registry": "deserialize serialize",
        "regularization": (
            "ActivityRegularization AlphaDropout Dropout GaussianDropout GaussianNoise "
            "SpatialDropout1D SpatialDropout2D SpatialDropout3D"
        ),
        "reshaping": "Flatten Permute RepeatVector Reshape",
        "images.resizing": "Resizing",
        "recurrent.rnn": "RNN",
        "separable": (
            "OuterProductConv2D SeparableConv1D SeparableConv2D SeparableConv3D "
            "SeparableConvolution1D SeparableConvolution2D SeparableConvolution3D "
            "SpatiallySeparableConv1D SpatiallySeparableConv2D SpatiallySeparableConv3D"
        ),
        "images.sharpness": "RandomGaussianBlur RandomSharpness",
        "spectrogram": "STFTSpectrogram",
        "recurrent.stacked_cells": "StackedRNNCells",
        "subsampling": "Subsampling1D Subsampling2D Subsampling3D",
        "features.text": "TextVectorization",
        "tied": "TiedConv1DTranspose TiedConv2DTranspose TiedConv3DTranspose",
        "unpooling": (
            "MaxPoolingWithIndices1D MaxPoolingWithIndices2D MaxPoolingWithIndices3D "
            "MaxUnpooling1D MaxUnpooling2D MaxUnpooling3D"
        ),
        "upsampling": (
            "PixelShuffle1D PixelShuffle2D PixelUnshuffle1D PixelUnshuffle2D UpSampling1D "
            "UpSampling2D UpSampling3D"
        ),
        "variants": (
            "GatedConv1D GatedConv2D GatedConv3D PartialConv1D PartialConv2D PartialConv3D "
            "PixelAdaptiveConv2D SqueezeExcite"
        ),
        "images.warping": "RandomRotation RandomTranslation RandomZoom",
        "images.windows": "CenterCrop RandomCrop",
        "wrapping": "SpectralNormalization TimeDistributed Wrapper",
    },
)
