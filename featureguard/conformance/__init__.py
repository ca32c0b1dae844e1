"""What every surface of the gate must answer when something is absent, as data, and a runner to prove it.

`absence.yaml` is the table, `situations.py` builds what it names, `runner.py` asks a surface about all of it.
"""

from featureguard.conformance.runner import Outcome, Row, Surface, load, pure_gate, run
from featureguard.conformance.situations import Situation, situation

__all__ = ["Outcome", "Row", "Situation", "Surface", "load", "pure_gate", "run", "situation"]
