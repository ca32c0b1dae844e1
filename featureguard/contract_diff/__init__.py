"""What a change of contracts means for those who rely on them.

`effects.py` says what a change can do, `rules.py` what the change of each field does, and `differences.py`
walks two catalogs.
"""

from featureguard.contract_diff.differences import Change, Diff, Difference, diff
from featureguard.contract_diff.effects import Effect

__all__ = ["Change", "Diff", "Difference", "Effect", "diff"]
