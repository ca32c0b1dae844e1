"""Observations as JSON documents: what a worker elsewhere sends, and how strictly it is read."""

from featureguard.wire.looks import LookDocument, look_to_dict
from featureguard.wire.profiles import ProfileDocument

__all__ = ["LookDocument", "ProfileDocument", "look_to_dict"]
