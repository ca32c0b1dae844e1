"""What was taken of observations."""

from __future__ import annotations

from featureguard.api.described.words import Answer, Digest, Number


class Taken(Answer):
    """What is recorded now.

    Attributes:
        readings: How many readings were sent.
        looks: Ids of the looks that were sent, in their order.
    """

    readings: Number
    looks: list[Digest]
