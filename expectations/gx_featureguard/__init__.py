"""FeatureGuard in Great Expectations: its promises as expectations, and their results as evidence.

Importing this package makes GX know the expectations and the action by name. Import it before a suite or a
checkpoint that uses them is loaded: GX leaves out an expectation that it does not know, and says so only in
its log (`load_suite` refuses such a suite).
"""

from featureguard.errors import MissingExtraError

try:
    import great_expectations  # noqa: F401
except ImportError:
    raise MissingExtraError("great-expectations", "gx") from None

from gx_featureguard.freshness import ExpectFeatureToBeFresh
from gx_featureguard.loading import load_suite
from gx_featureguard.nulls import ExpectNullRateToBeWithinContract
from gx_featureguard.recording import FeatureGuardAction
from gx_featureguard.schema import ExpectSchemaToMatchContract

__all__ = [
    "ExpectFeatureToBeFresh",
    "ExpectNullRateToBeWithinContract",
    "ExpectSchemaToMatchContract",
    "FeatureGuardAction",
    "load_suite",
]
