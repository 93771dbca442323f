"""`python -m cnnviz.training`: see `commands`, and `worker` for what the pages start."""

from __future__ import annotations

import sys


def _main() -> int:
    if sys.argv[1:2] == ["work"]:  # dozens may queue: they import PyTorch when it is their turn
        from cnnviz.training import worker

        return worker.main(sys.argv[2:])
    from cnnviz.training import commands

    return commands.main()


if __name__ == "__main__":
    sys.exit(_main())
