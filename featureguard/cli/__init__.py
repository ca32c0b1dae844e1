"""The command line: `featureguard init | validate | check | status | explain | schema | demo`.

Exit codes: 0 all blocking promises hold, 1 one is broken, 2 a wrong call or contract, 3 one is unknown, 4 the
evidence store could not be used or something unexpected happened.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    from featureguard.cli.app import run

    sys.exit(run(sys.argv[1:]))
