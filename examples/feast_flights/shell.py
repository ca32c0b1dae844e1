"""Steps of a story: each is printed as it is typed, with what it says, and has to end as the story tells."""

from __future__ import annotations

import contextlib
import difflib
import io
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

Answer = TypeVar("Answer")


class Shell:
    """Runs steps in the current folder.

    Attributes:
        surprises: What did not go as told, a sentence each.
    """

    def __init__(self) -> None:
        self.surprises: list[str] = []

    def title(self, text: str, when: datetime | None = None) -> None:
        """A heading between steps."""
        self.say(f"\n── {when:%-d %B %Y, %H:%M}: {text}" if when else f"\n── {text}")

    def say(self, text: str) -> None:
        """Print a line."""
        print(text, flush=True)

    def run(self, command: str, *, exits: int = 0, says: str = "") -> None:
        """Run a command as a user would.

        Args:
            command: The command.
            exits: The exit code that it must have.
            says: What it must say, among other things.
        """
        self.say(f"$ {command}")
        # Importing Feast sets this variable, for a folder that ends with this process.
        inherited = {
            name: value for name, value in os.environ.items() if name != "PROMETHEUS_MULTIPROCESS_DIR"
        }
        found = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
        done = subprocess.run(
            shlex.split(command),
            env={**inherited, "PATH": found},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.stdout:
            self.say(done.stdout.rstrip())
        if done.returncode:
            self.say(f"(exit {done.returncode})")
        self.expect(done.returncode == exits, f"'{command}' exits {done.returncode} instead of {exits}.")
        self.expect(says in done.stdout, f"'{command}' does not say {says!r}.")

    def python(self, text: str, call: Callable[[], Answer], *, quiet: bool = False) -> Answer:
        """Run what a job does in Python.

        Args:
            text: What is printed for it.
            call: What is run.
            quiet: Leave out what the call prints of its progress.
        """
        self.say(f">>> {text}")
        if not quiet:
            return call()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return call()

    def edit(self, file: Path, changes: dict[str, str]) -> None:
        """Change lines of a file as a person does with an editor, and show what is different."""
        before = file.read_text(encoding="utf-8")
        after = before
        for line, instead in changes.items():
            after = after.replace(line, instead)
            self.expect(instead in after, f"{file} has no line {line!r}.")
        file.write_text(after, encoding="utf-8")
        names = (f"{file} as imported", f"{file} as edited")
        self.say(
            "\n".join(difflib.unified_diff(before.split("\n"), after.split("\n"), *names, n=1, lineterm=""))
        )

    def expect(self, true: bool, surprise: str) -> None:
        """Remember what is not as the story tells, and say it at once."""
        if not true:
            self.say(f"NOT AS TOLD: {surprise}")
            self.surprises.append(surprise)
