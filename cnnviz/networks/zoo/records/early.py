"""Records from LeNet-5 to VGG and Network in Network, and of two small networks to begin with."""

from __future__ import annotations

from dataclasses import replace

from cnnviz.networks.zoo.architecture import Architecture, Option, Paper, Published
from cnnviz.text import N_

__all__ = ["ACTIVATION", "DROPOUT", "EARLY", "NORM", "TORCHVISION", "WIDTH"]

TORCHVISION = "torchvision 0.28, weights IMAGENET1K_V1"

ACTIVATION = Option(
    "activation",
    N_("Activation"),
    "relu",
    choices=("relu", "tanh", "sigmoid", "leaky_relu", "elu", "gelu", "silu"),
)
NORM = Option(
    "norm",
    N_("Normalisation"),
    "none",
    choices=("none", "batch", "group"),
    help=N_("What brings the maps to mean 0 and variance 1 after each convolution."),
)
DROPOUT = Option(
    "dropout", N_("Dropout"), 0.5, minimum=0, maximum=0.9, help=N_("The share that is left out at random in training.")
)
WIDTH = Option(
    "width", N_("Width"), 1.0, minimum=0.25, maximum=2, help=N_("Every hidden layer gets this many times its channels.")
)
_NARROWING = replace(WIDTH, maximum=1)  # their fully connected layers hold 0.5 GB of weights as they are
_PADDING = Option(
    "padding",
    N_("Padding of C1"),
    0,
    choices=(0, 2),
    help=N_("2 takes the 28 × 28 of MNIST to the 32 × 32 of the paper."),
)

_BOOK = Paper(
    "Goodfellow, Bengio, Courville",
    "Deep Learning, chapter 9",
    2016,
    "https://www.deeplearningbook.org/contents/convnets.html",
)
_BATCH_NORM = Paper(
    "Ioffe, Szegedy",
    "Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift",
    2015,
    "https://arxiv.org/abs/1502.03167",
)
_SIMPLE = (
    Architecture(
        key="simple_cnn",
        title="SimpleCNN",
        family="simple",
        paper=_BOOK,
        input_shape=(1, 28, 28),
        builder="simple:SimpleCNN",
        num_classes=10,
        novelty=N_(
            "No paper's network, but what all of them share: convolution, activation and pooling, twice, and then "
            "a classifier."
        ),
        options=(WIDTH, ACTIVATION, NORM, DROPOUT),
        blocks=("ConvolutionStage",),
        lesson=N_("The convolutions hold a twentieth of the parameters, the first fully connected layer nearly all."),
    ),
    Architecture(
        key="hierarchical_cnn",
        title="HierarchicalCNN",
        family="simple",
        paper=_BATCH_NORM,
        input_shape=(3, 32, 32),
        builder="simple:HierarchicalCNN",
        num_classes=10,
        novelty=N_(
            "No paper's network: three stages with batch normalisation, each with maps of half the side and twice "
            "as many of them."
        ),
        options=(WIDTH, ACTIVATION, replace(NORM, default="batch"), DROPOUT),
        blocks=("ConvolutionStage",),
        lesson=N_("The third stage has four times the parameters of the second, and the same number of operations."),
    ),
)

_LENET = Paper(
    "LeCun, Bottou, Bengio, Haffner",
    "Gradient-Based Learning Applied to Document Recognition",
    1998,
    "https://doi.org/10.1109/5.726791",
)
_LENETS = (
    Architecture(
        key="lenet5_1998",
        title="LeNet-5",
        family="lenet",
        paper=_LENET,
        input_shape=(1, 32, 32),
        builder="lenet:OriginalLeNet5",
        num_classes=10,
        novelty=N_(
            "Convolution, subsampling and classifier learn together, from the pixels: nobody designs features. "
            "Weights shared over the picture keep it small enough to train."
        ),
        options=(
            _PADDING,
            Option(
                "connections",
                N_("Connections of C3"),
                "table",
                choices=("table", "all"),
                help=N_("Each map of C3 reads the maps of S2 that table 1 of the paper lists, or all of them."),
            ),
        ),
        published=(
            # The 340,908 connections of section II.B are no multiply-accumulates: biases are among them, and each of
            # the four inputs of a unit that subsamples, which share one multiplication.
            Published("MNIST", "LeCun et al. 1998, sections II.B and III.B", top1=99.05, parameters=60_000),
            Published("MNIST", "LeCun et al. 1998, section III.B, trained with distorted digits, too", top1=99.2),
        ),
        blocks=("Subsampling", "PartialConvolution", "ScaledTanh", "RadialBasis"),
        lesson=N_("C5 holds four of five parameters; C1 and C3, which slide over maps, take four of five operations."),
    ),
    Architecture(
        key="lenet5",
        title="LeNet-5, ReLU",
        family="lenet",
        paper=_LENET,
        input_shape=(1, 32, 32),
        builder="lenet:LeNet5",
        num_classes=10,
        novelty=N_(
            "The network of 1998 as it is usually built today: ReLU for tanh, max pooling for trainable "
            "subsampling, all connections in C3, and a linear output."
        ),
        options=(
            replace(WIDTH, minimum=0.5),
            ACTIVATION,
            replace(NORM, choices=("none", "batch")),
            replace(DROPOUT, default=0.0),
            _PADDING,
        ),
        blocks=("ConvNormActivation",),
        lesson=N_("Compare it with the network of 1998: the pooling has no parameters, C3 has 900 more."),
    ),
    Architecture(
        key="lenet5_bn",
        title="LeNet-5, ReLU, BN",
        family="lenet",
        paper=_LENET,
        input_shape=(1, 32, 32),
        builder="lenet:LeNet5",
        num_classes=10,
        novelty=N_("Batch normalisation (Ioffe and Szegedy, 2015) after the first two convolutions."),
        options=(
            replace(WIDTH, minimum=0.5),
            ACTIVATION,
            replace(NORM, default="batch", choices=("none", "batch")),
            replace(DROPOUT, default=0.0),
            _PADDING,
        ),
        blocks=("ConvNormActivation",),
        lesson=N_("Two numbers for each map are all that batch normalisation adds, and the convolutions lose a bias."),
    ),
)

_ALEXNETS = (
    Architecture(
        key="alexnet_2012",
        title="AlexNet, 2 GPUs",
        family="alexnet",
        paper=Paper(
            "Krizhevsky, Sutskever, Hinton",
            "ImageNet Classification with Deep Convolutional Neural Networks",
            2012,
            "https://doi.org/10.1145/3065386",
        ),
        input_shape=(3, 227, 227),
        builder="alexnet:AlexNet2012",
        num_classes=1000,
        novelty=N_(
            "A deep network trained on 1.2 million photos and two graphics cards: ReLU, dropout, overlapping "
            "pooling, normalisation across maps. It won ImageNet 2012: five guesses missed the class of 15.3% of the "
            "pictures, those of the second best 26.2%."
        ),
        options=(
            _NARROWING,
            ACTIVATION,
            Option(
                "groups",
                N_("Groups"),
                2,
                choices=(1, 2),
                help=N_("The two graphics cards of 2012 each hold half of the maps of most convolutions."),
            ),
            Option("response_norm", N_("Normalisation across maps"), True, choices=(True, False)),
            DROPOUT,
        ),
        published=(
            Published(
                "ImageNet",
                "Krizhevsky et al. 2012, table 2 (one network) and abstract",
                top1=59.3,
                top5=81.8,
                parameters=60e6,
            ),
        ),
        blocks=("Stage",),
        lesson=N_("Set the groups to 1: three convolutions double their parameters, the whole network hardly grows."),
    ),
    Architecture(
        key="alexnet",
        title="AlexNet",
        family="alexnet",
        paper=Paper(
            "Krizhevsky",
            "One weird trick for parallelizing convolutional neural networks",
            2014,
            "https://arxiv.org/abs/1404.5997",
        ),
        input_shape=(3, 224, 224),
        builder="alexnet:AlexNet",
        num_classes=1000,
        novelty=N_("AlexNet in one column, without normalisation: the form that libraries have."),
        options=(_NARROWING, ACTIVATION, DROPOUT),
        published=(Published("ImageNet", TORCHVISION, top1=56.522, top5=79.066, parameters=61_100_840, macs=0.714e9),),
        blocks=("Stage",),
        lesson=N_("The parameters sit in the fully connected layers, the operations in the convolutions."),
    ),
)

_VGG = Paper(
    "Simonyan, Zisserman",
    "Very Deep Convolutional Networks for Large-Scale Image Recognition",
    2014,
    "https://arxiv.org/abs/1409.1556",
)
_VGG_TABLES = "Simonyan and Zisserman 2014, tables 2 and 3 (best of one test scale)"
# Columns A, B, D, E of table 3: percent of errors; millions of parameters in table 2.
_VGG_PUBLISHED = {
    11: Published("ImageNet", _VGG_TABLES, top1=70.4, top5=89.6, parameters=133e6),
    13: Published("ImageNet", _VGG_TABLES, top1=71.3, top5=90.1, parameters=133e6),
    16: Published("ImageNet", _VGG_TABLES, top1=74.4, top5=91.9, parameters=138e6),
    19: Published("ImageNet", _VGG_TABLES, top1=74.5, top5=92.0, parameters=144e6),
}
_VGG_TORCHVISION = {  # without and with batch normalisation
    11: (
        Published("ImageNet", TORCHVISION, 69.020, 88.628, 132_863_336, 7.609e9),
        Published("ImageNet", TORCHVISION, 70.370, 89.810, 132_868_840, 7.609e9),
    ),
    13: (
        Published("ImageNet", TORCHVISION, 69.928, 89.246, 133_047_848, 11.308e9),
        Published("ImageNet", TORCHVISION, 71.586, 90.374, 133_053_736, 11.308e9),
    ),
    16: (
        Published("ImageNet", TORCHVISION, 71.592, 90.382, 138_357_544, 15.470e9),
        Published("ImageNet", TORCHVISION, 73.360, 91.516, 138_365_992, 15.470e9),
    ),
    19: (
        Published("ImageNet", TORCHVISION, 72.376, 90.876, 143_667_240, 19.632e9),
        Published("ImageNet", TORCHVISION, 74.218, 91.842, 143_678_248, 19.632e9),
    ),
}


def _vgg(depth: int, batch_norm: bool) -> Architecture:
    if batch_norm:
        novelty = N_(
            "VGG with batch normalisation after every convolution (Ioffe and Szegedy, 2015): the deep ones train "
            "without weights of a shallow one to begin with."
        )
        lesson = N_("Batch normalisation adds thousands of parameters to more than a hundred million.")
    else:
        novelty = N_(
            "Only 3 × 3 convolutions, up to 16 of them: two see what one of 5 × 5 sees, with fewer parameters and "
            "one more activation."
        )
        lesson = N_("One fully connected layer holds 103 million parameters, more than all the rest together.")
    return Architecture(
        key=f"vgg{depth}{'_bn' if batch_norm else ''}",
        title=f"VGG-{depth}{', BN' if batch_norm else ''}",
        family="vgg",
        paper=_VGG,
        input_shape=(3, 224, 224),
        builder="vgg:VGG",
        num_classes=1000,
        novelty=novelty,
        arguments={"depth": depth},
        options=(_NARROWING, ACTIVATION, replace(NORM, default="batch" if batch_norm else "none"), DROPOUT),
        published=_VGG_TORCHVISION[depth][1:] if batch_norm else (_VGG_PUBLISHED[depth], _VGG_TORCHVISION[depth][0]),
        blocks=("Stage",),
        lesson=lesson,
    )


_VGGS = (
    *(_vgg(depth, batch_norm) for batch_norm in (False, True) for depth in (11, 13, 16, 19)),
    Architecture(
        key="vgg11_cifar",
        title="VGG-11, CIFAR-10",
        family="vgg",
        paper=_VGG,
        input_shape=(3, 32, 32),
        builder="vgg:CifarVGG",
        num_classes=10,
        novelty=N_("VGG for small pictures: batch normalisation, and one linear layer instead of three."),
        options=(WIDTH, ACTIVATION, replace(NORM, default="batch"), DROPOUT),
        blocks=("Stage",),
        lesson=N_("Without the large fully connected layers, 9.2 million of 132.9 million parameters are left."),
    ),
)

_NIN = Paper("Lin, Chen, Yan", "Network In Network", 2013, "https://arxiv.org/abs/1312.4400")
_NINS = (
    Architecture(
        key="nin_cifar",
        title="Network in Network, CIFAR-10",
        family="nin",
        paper=_NIN,
        input_shape=(3, 32, 32),
        builder="network_in_network:CifarNetworkInNetwork",
        num_classes=10,
        novelty=N_(
            "1 × 1 convolutions make a small perceptron of every convolution; the average of a map for each class "
            "replaces the fully connected layers."
        ),
        options=(WIDTH, ACTIVATION, NORM, DROPOUT),
        published=(
            Published("CIFAR-10", "Lin et al. 2013, table 1", top1=89.59),
            Published("CIFAR-10", "Lin et al. 2013, table 1, trained with shifted and mirrored pictures", top1=91.19),
        ),
        blocks=("MLPConv",),
        lesson=N_("The last convolution has as many maps as there are classes, and nothing comes after their average."),
    ),
    Architecture(
        key="nin",
        title="Network in Network",
        family="nin",
        paper=_NIN,
        input_shape=(3, 224, 224),
        builder="network_in_network:NetworkInNetwork",
        num_classes=1000,
        novelty=N_("Network in Network for ImageNet: AlexNet's accuracy with an eighth of its parameters."),
        options=(WIDTH, ACTIVATION, NORM, DROPOUT),
        published=(
            Published("ImageNet", "the authors' model, gist.github.com/mavenlin/d802a5849de39225bcc6", top1=59.36),
        ),
        blocks=("MLPConv",),
        lesson=N_("Compare its end with VGG's: a million parameters for the classes instead of 124 million."),
    ),
)

EARLY: tuple[Architecture, ...] = (*_SIMPLE, *_LENETS, *_ALEXNETS, *_NINS, *_VGGS)
