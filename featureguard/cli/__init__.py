"""The command line; `featureguard --help` lists the commands.

Exit codes of `check`: 0 all blocking promises hold, 1 one is broken, 3 one is unknown. Of `gate`: 0 allow or
warn, 1 block, 3 hold. Of all: 2 a wrong call or contract, 4 the evidence store could not be used or something
unexpected happened. Others stand in the help of their command.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    from featureguard.cli.app import run

    sys.exit(run(sys.argv[1:]))
