"""Service levels of data: what share of time it was fresh, what is left of the error budget, whom to wake.

`spans.py` is arithmetic of stretches of time; `reading.py` reads a timeline from both sides of an instant;
`pieces.py` cuts a window by the contracts in force. From these `sli.py` integrates one dataset, `frame.py`
thousands of them in polars, and `population.py` the share of rows or entities. `budget.py`, `alerts.py` and
`lints.py` say what an SLI means for an objective; `spells.py` shows it as stretches for people.
"""
