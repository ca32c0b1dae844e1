"""What a desk lists: subjects by the names that hosts know them by, and decisions of the past."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from featureguard.catalog import Catalog
from featureguard.errors import UsageError

if TYPE_CHECKING:
    from featureguard.store.decisions import Recorded


@dataclass(frozen=True, slots=True)
class Protected:
    """A subject by the names that hosts know it by.

    Attributes:
        subject: Its name.
        aliases: What hosts call it.
        actions: What its policy lets one ask.
        repairs: Those of them that mend data, and are never held back.
    """

    subject: str
    aliases: Mapping[str, str] = field(default_factory=dict)
    actions: tuple[str, ...] = ()
    repairs: tuple[str, ...] = ()

    @classmethod
    def of(cls, catalog: Catalog, name: str) -> Protected:
        """What a catalog says about a subject."""
        policy = catalog.policy_of(name)
        actions = policy.known_actions
        repairs = tuple(action for action in actions if policy.is_repair(action))
        return cls(name, catalog.subjects[name].aliases, actions, repairs)

    @classmethod
    def told(cls, document: Mapping[str, Any]) -> Protected:
        """What the API says about a subject.

        Raises:
            UsageError: If that makes no sense.
        """
        try:
            return cls(
                str(document["subject"]),
                {str(host): str(name) for host, name in document["aliases"].items()},
                tuple(map(str, document["actions"])),
                tuple(map(str, document["repairs"])),
            )
        except (AttributeError, KeyError, TypeError):
            raise UsageError(
                "What the API tells about a subject makes no sense: is it of another version?"
            ) from None


@dataclass(frozen=True, slots=True)
class PastDecision:
    """A recorded decision or confirmation.

    Attributes:
        id: Its id.
        kind: `decision` or `confirmation`.
        key: The idempotency key; `None` if none was given.
        subject: What wanted to act.
        action: What it wanted to do.
        decided_at: The instant that it holds for.
        allowed: Whether the action might start.
    """

    id: str
    kind: str
    key: str | None
    subject: str
    action: str
    decided_at: datetime
    allowed: bool

    @classmethod
    def of(cls, found: Recorded) -> PastDecision:
        """What a store recorded."""
        from featureguard.decision_record import decision_of  # noqa: PLC0415

        allowed = decision_of(found.link).allowed
        seal = found.link.seal
        return cls(seal, found.kind, found.key, found.subject, found.action, found.decided_at, allowed)

    @classmethod
    def told(cls, document: Mapping[str, Any]) -> PastDecision:
        """What the API says about it.

        Raises:
            UsageError: If that makes no sense.
        """
        try:
            key, allowed = document["key"], document["allowed"]
            if not (isinstance(allowed, bool) and (key is None or isinstance(key, str))):
                raise TypeError
            return cls(
                str(document["id"]),
                str(document["kind"]),
                key,
                str(document["subject"]),
                str(document["action"]),
                datetime.fromisoformat(document["decided_at"]),
                allowed,
            )
        except (KeyError, TypeError, ValueError):
            raise UsageError(
                "What the API tells about a decision makes no sense: is it of another version?"
            ) from None
