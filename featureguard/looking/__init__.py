"""How a look is taken: resolve a snapshot, look up what is remembered, measure what is missing.

`look.py` tells the story; `pieces.py` are the fragments cut into units, `units.py` chooses the units to
judge, `clocks.py` and `keyed.py` read the clocks, the population and the keys, `reader.py` is the only way to
rows, and `memory.py` what is kept of immutable fragments.
"""
