"""Whose turn it is to draw from PyTorch's own random numbers.

First weights and dropout take no generator: they draw from one that all threads of a process share. Whoever seeds it
and draws holds `TURN` as long, or another thread draws in between and the seed no longer tells what comes out.
"""

from __future__ import annotations

import threading

__all__ = ["TURN"]

TURN = threading.RLock()
"""Held by everything in the package that draws from the shared generator; the holder may take it again."""
