"""Verdicts of other tools as evidence: what dbt, Great Expectations and Soda wrote to their result files.

A file is read strictly and never trusted: only the tool's own word for it is a pass, whatever is not
understood is unknown, and what gives no result is listed with the reason.
"""

from featureguard.external.importing import TOOLS, read_results, take_results
from featureguard.external.reported import Imported, Skipped, Why

__all__ = ["TOOLS", "Imported", "Skipped", "Why", "read_results", "take_results"]
