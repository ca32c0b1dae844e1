"""`featureguard init`: a project file, a first contract and a first subject."""

from __future__ import annotations

from pathlib import Path

from featureguard.errors import UsageError

_PROJECT = """\
# The featureguard project: every relative path here and in the contracts starts at this folder.
catalog: [contracts/]
store: sqlite:///.featureguard/store.db
# dry_run reports what would be blocked, and blocks nothing: a way to begin.
enforcement: enforce
"""
_CONTRACT = """\
# A contract is what the producer of a dataset promises. `featureguard validate` reads it,
# `featureguard check my_features` looks at the data.
dataset: my_features
owner: me@example.org
source: {kind: parquet, path: data/my_features/}
time: {event: event_time}
freshness: {max_age: 26h}
"""
_SUBJECT = """\
# A subject is what a gate protects: a model, a feature service, a job.
# `featureguard gate my_model --for train && python train.py` starts only what may start.
subject: my_model
owner: me@example.org
requires: [my_features]
"""
_IGNORE = "*\n"


def start_project(folder: Path) -> int:
    """Write the files of a new project; nothing that exists is touched.

    Raises:
        UsageError: If one of the files exists.
    """
    files = {
        folder / "featureguard.yaml": _PROJECT,
        folder / "contracts" / "my_features.yaml": _CONTRACT,
        folder / "contracts" / "my_model.yaml": _SUBJECT,
        folder / ".featureguard" / ".gitignore": _IGNORE,
    }
    if existing := [file for file in files if file.exists()]:
        raise UsageError(f"{existing[0]} exists already. Start in an empty folder: featureguard init FOLDER.")
    for file, text in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        print(f"wrote {file}")
    print("Next: name your data in contracts/my_features.yaml, then run 'featureguard check my_model'.")
    return 0
