"""Networks of the textbooks and of Keras: each family is a module, with Keras' names of layers."""

from pyconv.utils.lazy import exports

__all__, __getattr__, __dir__ = exports(
    __name__,
    {
        "alexnet": "AlexNet",
        "all_convolutional": "AllConvolutional",
        "convnext": "ConvNeXtBase ConvNeXtLarge ConvNeXtSmall ConvNeXtTiny ConvNeXtXLarge",
        "deconvolution": "DeconvolutionNetwork combine_class_maps",
        "densenet": "DenseNet121 DenseNet169 DenseNet201",
        "efficientnet": " ".join(f"EfficientNetB{i}" for i in range(8)),
        "efficientnet_v2": (
            "EfficientNetV2B0 EfficientNetV2B1 EfficientNetV2B2 EfficientNetV2B3 EfficientNetV2L "
            "EfficientNetV2M EfficientNetV2S"
        ),
        "googlenet": "GoogLeNet",
        "inception_resnet_v2": "InceptionResNetV2",
        "inception_v3": "InceptionV3",
        "lenet": "LeNet5",
        "mobilenet": "MobileNet",
        "mobilenet_v2": "MobileNetV2",
        "mobilenet_v3": "MobileNetV3Large MobileNetV3Small",
        "network_in_network": "NetworkInNetwork",
        "resnet": "ResNet18 ResNet34 ResNet50 ResNet101 ResNet152",
        "resnet_cifar": "ResNet20 ResNet56 ResNet110",
        "resnet_v2": "ResNet18V2 ResNet34V2 ResNet50V2 ResNet101V2 ResNet152V2",
        "spatial_transducer": "SpatialTransducer",
        "squeezenet": "SqueezeNet",
        "unet": "UNet",
        "vgg16": "VGG16",
        "vgg19": "VGG19",
        "xception": "Xception",
        "yolo": "YOLOv1 YOLOv1Loss detect",
    },
    packages="alexnet all_convolutional convnext deconvolution densenet efficientnet"
    " efficientnet_v2 googlenet imagenet imagenet_utils inception_resnet_v2 inception_v3 lenet"
    " mobilenet mobilenet_v2 mobilenet_v3 network_in_network resnet resnet50 resnet_cifar resnet_v2"
    " spatial_transducer squeezenet unet vgg16 vgg19 xception yolo",
)
