"""Networks of the textbooks and of Keras: each family is a module, with Keras' names of layers."""

from pyconv.utils.lazy import exports

__all__, __getattr__, __dir__ = exports(
    __name__,
    {
        "alexnet": "AlexNet",
        "all_convolutional": "AllConvolutional",
        "densenet": "DenseNet121 DenseNet169 DenseNet201",
        "googlenet": "GoogLeNet",
        "inception_v3": "InceptionV3",
        "lenet": "LeNet5",
        "mobilenet": "MobileNet",
        "mobilenet_v2": "MobileNetV2",
        "network_in_network": "NetworkInNetwork",
        "resnet": "ResNet50 ResNet101 ResNet152",
        "resnet_cifar": "ResNet20 ResNet56 ResNet110",
        "resnet_v2": "ResNet50V2 ResNet101V2 ResNet152V2",
        "squeezenet": "SqueezeNet",
        "vgg16": "VGG16",
        "vgg19": "VGG19",
        "xception": "Xception",
    },
    packages="alexnet all_convolutional densenet googlenet imagenet inception_v3 lenet mobilenet"
    " mobilenet_v2 network_in_network resnet resnet50 resnet_cifar resnet_v2 squeezenet vgg16 vgg19"
    " xception",
)
