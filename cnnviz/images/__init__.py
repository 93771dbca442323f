"""Pictures: untrusted bytes, sample photos and test patterns become one kind of record, `Image`.

Importing this package loads NumPy, OpenCV and Pillow, and neither SciPy nor scikit-image.
"""

from __future__ import annotations

from cnnviz.images import noise, patterns, quality, samples
from cnnviz.images.image import Image
from cnnviz.images.reading import MAX_BYTES, MAX_PIXELS, MAX_SIDE, read

__all__ = [
    "MAX_BYTES",
    "MAX_PIXELS",
    "MAX_SIDE",
    "Image",
    "noise",
    "patterns",
    "quality",
    "read",
    "samples",
]
