"""Ask Feast itself, in a process of its own: importing it takes seconds, and changes the process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

from featureguard.errors import SourceUnreadableError
from featureguard.feature_registry.repo import Repo

PATIENCE_SECONDS = 120
"""How long Feast itself may take for what only it can read."""

_BEGIN = """
import contextlib, sys
out = sys.stdout.buffer
with contextlib.redirect_stdout(sys.stderr):
    from feast import FeatureStore
    store = FeatureStore(repo_path=sys.argv[1])
"""
_END = "\nout.write(told)\n"


def ask_feast(
    repo: Repo, script: str, arguments: Sequence[str], *, what: str, hint: str, given: bytes = b""
) -> bytes:
    """Run a script that finds `store`, Feast's `FeatureStore`, and leaves its answer as bytes in `told`.

    Args:
        repo: The feature repository.
        script: Its lines, without indent. What it prints is thrown away.
        arguments: What it finds in `sys.argv[2:]`; everybody on the machine may see them.
        what: What is read, for messages.
        hint: What somebody may do when it fails.
        given: What it can read from `sys.stdin.buffer`.

    Raises:
        SourceUnreadableError: If Feast fails, or takes longer than `PATIENCE_SECONDS`.
    """
    body = "".join(f"    {line}\n" for line in script.strip().splitlines())
    command = [sys.executable, "-W", "ignore", "-c", _BEGIN + body + _END, str(repo.folder), *arguments]
    try:
        done = subprocess.run(
            command, input=given, capture_output=True, timeout=PATIENCE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise SourceUnreadableError(f"Feast did not read {what} within {PATIENCE_SECONDS} s.") from None
    if done.returncode:
        # Only the kind of error is told: its message may hold an address, and that a password.
        last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2].partition(":")[0]
        raise SourceUnreadableError(f"Feast cannot read {what} ({last}). {hint}")
    return done.stdout
