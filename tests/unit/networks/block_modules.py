"""The blocks whose costs are counted, as one writes them in PyTorch, and what its own counter says of them."""

from __future__ import annotations

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cnnviz.networks.block_costs import Design


def module(key: str, d: Design) -> nn.Sequential:
    """The block as one writes it in PyTorch, from the papers."""

    def conv(cin: int, cout: int, k: int | tuple[int, int] = 1, s: int | tuple[int, int] = 1, g: int = 1) -> nn.Module:
        kernel = (k, k) if isinstance(k, int) else k
        padding = (kernel[0] // 2, kernel[1] // 2)
        return nn.Conv2d(cin, cout, kernel, s, padding, groups=g, bias=False, device="meta")

    c, n, k, s = d.in_channels, d.out_channels, d.kernel_size, d.stride
    half, thin, wide = max(1, n // d.reduction), max(1, c // d.reduction), d.expansion * c
    threes = {3: [(c, s)], 5: [(c, 1), (n, s)], 7: [(c, 1), (n, 1), (n, s)]}[k]
    layers = {
        "standard": [conv(c, n, k, s)],
        "stacked": [conv(cin, n, 3, stride) for cin, stride in threes],
        "asymmetric": [conv(c, n, (1, k), (1, s)), conv(n, n, (k, 1), (s, 1))],
        "grouped": [conv(c, n, k, s, d.groups)],
        "reduced": [conv(c, thin), conv(thin, n, k, s)],
        "bottleneck": [conv(c, half), conv(half, half, k, s), conv(half, n)],
        "separable": [conv(c, c, k, s, c), conv(c, n)],
        "inverted": [conv(c, wide), conv(wide, wide, k, s, wide), conv(wide, n)],
    }[key]
    return nn.Sequential(*layers)


def operations(key: str, design: Design) -> int:
    """Multiply-accumulates: half of the operations that torch counts."""
    with FlopCounterMode(display=False) as counter:
        module(key, design)(torch.empty(1, design.in_channels, design.size, design.size, device="meta"))
    total: int = counter.get_total_flops()
    return total // 2
