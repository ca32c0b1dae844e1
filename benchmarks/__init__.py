"""Benchmarks: featureguard beside validators and bare engines, on generated data (`python -m benchmarks`).

`data.py` makes the data; `contents.py`, `footers.py`, `entities.py`, `recheck.py` and `starting.py` say what each
tool does; `child.py` runs one of them in a process of its own; `running.py` takes turns and compares answers.
"""
