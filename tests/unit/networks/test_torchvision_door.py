"""torchvision opens whichever builds of it and of torch are installed; a fresh process for each import."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

USE = """
import torch
from cnnviz.networks import torchvision_door

torch.set_num_threads(1)
torchvision = torchvision_door.torchvision()
assert torchvision is torchvision_door.torchvision()

torch.manual_seed(0)
network = torchvision.models.resnet18().eval()
with torch.no_grad():
    print(*network(torch.zeros(1, 3, 64, 64)).shape)

from torchvision.transforms import v2
resize = v2.Compose([v2.Resize((32, 48)), v2.ToDtype(torch.float32, scale=True)])
print(*resize(torch.full((3, 64, 64), 255, dtype=torch.uint8)).shape)
"""

REAL = """
import torch
from cnnviz.networks import torchvision_door

# Stand in for a build whose extension loads: the real operator is there and must be left alone.
torch.library.define("torchvision::nms", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
torchvision_door._extension_loads = lambda: True
torchvision_door._declare_missing_operators()
print(hasattr(torch.ops.torchvision, "qnms"))
"""


def run(script: str, root: Path) -> list[str]:
    """Run `script` in a fresh Python and return the lines that it printed."""
    process = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    return process.stdout.splitlines()


def test_networks_and_transforms_work(root: Path) -> None:
    """A classification network gives one score per class, and v2 transforms resize (H, W)."""
    assert run(USE, root) == ["1 1000", "3 32 48"]


def test_nothing_is_declared_when_the_extension_loads(root: Path) -> None:
    """Beside a matching torch the compiled operators stay the only ones."""
    assert run(REAL, root) == ["False"]
