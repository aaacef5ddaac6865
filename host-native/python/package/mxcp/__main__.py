"""`python -m mxcp`: the command line, in this interpreter."""

from __future__ import annotations

import os
import sys


def main() -> int:
    """Does what the command line asks for, and gives the exit code."""
    # Run by its path, the folder of this file comes first: its modules are not to be taken for those of others.
    folder = os.path.dirname(os.path.realpath(__file__))
    if sys.path and os.path.realpath(sys.path[0]) == folder:
        del sys.path[0]
    # Said by the launcher, for this process alone.
    os.environ.pop("MXCP_REENTERED", None)
    from mxcp import _native

    return _native.main(["mxcp", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
