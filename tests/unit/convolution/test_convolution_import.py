"""What importing the package costs."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PROBE = """
import sys
from cnnviz.convolution import (
    arithmetic, chain, companions, editing, facts, filtering, frequency, kernel_text, kernels, matching
)
print(*sorted({"scipy", "torch", "skimage", "streamlit"} & set(sys.modules)))
"""


def test_no_module_loads_scipy_torch_or_scikit_image(root: Path) -> None:
    """A fresh process that imports every module has NumPy and OpenCV only."""
    probe = subprocess.run([sys.executable, "-c", PROBE], cwd=root, capture_output=True, text=True, check=True)
    assert probe.stdout.strip() == ""
