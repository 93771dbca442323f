"""`python -m cnnviz.training`: see `commands`."""

from __future__ import annotations

import sys

from cnnviz.training.commands import main

if __name__ == "__main__":
    sys.exit(main())
