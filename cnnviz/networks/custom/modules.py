"""The blocks of a network of one's own, as PyTorch modules. Exported programs hold these very classes."""

from __future__ import annotations

from torch import Tensor, nn

from cnnviz.networks.zoo.parts import Add, Multiply

__all__ = ["BasicBlock", "Bottleneck", "DepthwiseSeparable", "InvertedResidual", "SqueezeExcitation"]


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut (He et al. 2016, figure 5, left)."""

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.projection = projection(in_channels, out_channels, stride)
        self.add = Add()
        self.relu2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) to (N, out_channels, H / stride, W / stride), rounded up."""
        residual = self.relu1(self.bn1(self.conv1(x)))
        residual = self.bn2(self.conv2(residual))
        shortcut = x if self.projection is None else self.projection(x)
        out: Tensor = self.relu2(self.add(residual, shortcut))
        return out


class Bottleneck(nn.Module):
    """1x1 down to a quarter, 3x3, 1x1 up, beside a shortcut (He et al. 2016, figure 5, right)."""

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        width = out_channels // 4
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu2 = nn.ReLU()
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.projection = projection(in_channels, out_channels, stride)
        self.add = Add()
        self.relu3 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) to (N, out_channels, H / stride, W / stride), rounded up."""
        residual = self.relu1(self.bn1(self.conv1(x)))
        residual = self.relu2(self.bn2(self.conv2(residual)))
        residual = self.bn3(self.conv3(residual))
        shortcut = x if self.projection is None else self.projection(x)
        out: Tensor = self.relu3(self.add(residual, shortcut))
        return out


def projection(in_channels: int, out_channels: int, stride: int) -> nn.Module | None:
    """What makes the shapes of a shortcut agree: a 1x1 convolution, or nothing where they do."""
    if stride == 1 and in_channels == out_channels:
        return None
    conv = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out_channels))


class DepthwiseSeparable(nn.Module):
    """Each channel filtered by itself, then a 1x1 convolution across them (Howard et al. 2017, figure 3)."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int = 3, stride: int = 1) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(
            in_channels, in_channels, kernel_size, stride, padding=kernel_size // 2, groups=in_channels, bias=False
        )
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.relu1 = nn.ReLU()
        self.pointwise = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.relu2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) to (N, out_channels, H / stride, W / stride), rounded up."""
        x = self.relu1(self.bn1(self.depthwise(x)))
        out: Tensor = self.relu2(self.bn2(self.pointwise(x)))
        return out


class InvertedResidual(nn.Module):
    """1x1 up, depthwise, 1x1 down without activation, and a shortcut where shapes agree (Sandler et al. 2018)."""

    def __init__(
        self, in_channels: int, out_channels: int, expansion: int, kernel_size: int = 3, stride: int = 1
    ) -> None:
        super().__init__()
        hidden = in_channels * expansion
        self.expand = None
        if expansion > 1:
            conv = nn.Conv2d(in_channels, hidden, 1, bias=False)
            self.expand = nn.Sequential(conv, nn.BatchNorm2d(hidden), nn.ReLU())
        self.depthwise = nn.Conv2d(
            hidden, hidden, kernel_size, stride, padding=kernel_size // 2, groups=hidden, bias=False
        )
        self.bn1 = nn.BatchNorm2d(hidden)
        self.relu = nn.ReLU()
        self.project = nn.Conv2d(hidden, out_channels, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.add = Add() if stride == 1 and in_channels == out_channels else None

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) to (N, out_channels, H / stride, W / stride), rounded up."""
        residual = x if self.expand is None else self.expand(x)
        residual = self.relu(self.bn1(self.depthwise(residual)))
        residual = self.bn2(self.project(residual))
        out: Tensor = residual if self.add is None else self.add(x, residual)
        return out


class SqueezeExcitation(nn.Module):
    """Every channel times a gate that two 1x1 convolutions make of all channels' averages (Hu et al. 2018)."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.squeeze = nn.AdaptiveAvgPool2d(1)
        self.reduce = nn.Conv2d(channels, hidden, 1)
        self.relu = nn.ReLU()
        self.expand = nn.Conv2d(hidden, channels, 1)
        self.sigmoid = nn.Sigmoid()
        self.multiply = Multiply()

    def forward(self, x: Tensor) -> Tensor:
        """Weigh the channels of (N, channels, H, W)."""
        gate = self.expand(self.relu(self.reduce(self.squeeze(x))))
        out: Tensor = self.multiply(x, self.sigmoid(gate))
        return out
