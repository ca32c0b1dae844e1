"""What every promise of a contract says, whatever it is about."""

from __future__ import annotations

from featureguard.duration import Duration
from featureguard.result import Severity
from featureguard.scalars import Model


class Promise(Model):
    """What every promise says.

    Attributes:
        severity: What breaking it does: `block` stops what depends on the data, `warn` only says so.
        evidence_max_age: How old a look may be before a gate stops trusting what it says about this promise;
            left out: as the contract says.
    """

    severity: Severity = Severity.BLOCK
    evidence_max_age: Duration | None = None
