"""Benchmarks: featureguard beside validators and bare engines, on generated data (`python -m benchmarks`).

`data.py` makes the data; `footers.py`, `contents.py`, `validators.py`, `entities.py` and `recheck.py` say
what each tool does; `child.py` runs one of them in a process of its own; `running.py` lets them take turns.
"""
