"""What is known about one dataset at one version of its facts: read and judged once, asked often."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from featureguard.accounting import Account, Books
from featureguard.contract import Contract
from featureguard.evidence import Look
from featureguard.gate import BudgetState, Standing, assess
from featureguard.gate.doubts import Trust
from featureguard.serving.shelf import Shelf
from featureguard.slo.budget import budget
from featureguard.trouble import OwnTrouble, trouble_of

if TYPE_CHECKING:
    from featureguard.catalog import Catalog
    from featureguard.store import Store

T = TypeVar("T")

ACCOUNTS_LAST = timedelta(minutes=1)
"""How old an account of an objective may be before it is drawn up anew, though no fact changed."""
BUDGETS_LAST = timedelta(minutes=10)
"""The same for a gate, which must not wait for sums over a month: the keeper draws them up behind it."""
MONTH = timedelta(days=28)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def last_turn(now: datetime, every: timedelta, name: str) -> datetime:
    """The last instant, not after `now`, at which what is kept about something is made anew.

    It comes round steadily, at an instant of its own for every name, so that not everything turns at once.
    """
    start = _LONG_AGO + every * (zlib.crc32(name.encode()) / 2**32)
    return now - (now - start) % every


@dataclass(frozen=True, slots=True)
class Seen:
    """What is kept of the last look.

    Attributes:
        id: The look's id.
        observed_at: When its snapshot was fixed.
        recorder: Who looked.
        snapshot: Identity of what was seen.
        rows: Rows of the whole dataset; `None` if not measured.
        complete: Whether it was finished.
        members: Size of the promised population; `None` if not measured.
        fresh_members: How many of them were fresh when it was measured.
    """

    id: str
    observed_at: datetime
    recorder: str
    snapshot: str | None
    rows: int | None
    complete: bool
    members: int | None
    fresh_members: int | None


@dataclass(frozen=True, slots=True)
class Known:
    """One dataset.

    Attributes:
        contract: Today's contract.
        version: How often its facts were written when they were read.
        readings: How often readings of its clocks were.
        standings: What the evidence is worth to whoever trusts it so.
        trust: How its own tier trusts, under the default policy.
        shelf: Its timeline and contract versions.
        last: The last look, finished or not.
        unknown_as_bad: Whether its own budget counts unknown time.
    """

    contract: Contract
    version: int
    readings: int
    standings: Mapping[Trust, Standing]
    trust: Trust
    shelf: Shelf
    last: Seen | None
    unknown_as_bad: bool
    _accounts: dict[str, Account] = field(default_factory=dict, repr=False, compare=False)
    _kept: dict[str, tuple[datetime, object]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def standing(self) -> Standing:
        """What the evidence is worth to its own tier."""
        return self.standings[self.trust]

    def is_known_until(self, instant: datetime) -> bool:
        """Whether its standings tell all that the same facts say up to an instant."""
        return all(one.known_until is None or one.known_until > instant for one in self.standings.values())

    def with_readings(self, store: Store, readings: int) -> Known:
        """The same with today's timelines: readings are no evidence, so that no standing changes.

        Raises:
            StoreError: If they cannot be read.
        """
        shelf = Shelf(store, self.contract)
        return replace(self, readings=readings, shelf=shelf, _accounts=dict(self._accounts), _kept={})

    def books(self, now: datetime) -> Books:
        """SLIs, budget and incidents as of an instant."""
        return Books(self.shelf, self.contract, now)

    def kept(self, what: str, now: datetime, every: timedelta, make: Callable[[], T]) -> T:
        """Something made from these facts; made anew whenever its turn comes round."""
        turn, found = last_turn(now, every, self.contract.dataset), self._kept.get(what)
        if found is None or found[0] != turn:
            self._kept[what] = found = turn, make()
        made: Any = found[1]
        return made  # type: ignore[no-any-return]

    def trouble(self, now: datetime) -> OwnTrouble:
        """What broke in the last 28 days; what no new fact tells is found within a minute."""
        return self.kept("trouble", now, ACCOUNTS_LAST, lambda: trouble_of(self.books(now), now - MONTH))

    @property
    def accounted_at(self) -> datetime:
        """When the account was drawn up; long ago if it never was."""
        return self._accounts["own"].end if self._accounts else _LONG_AGO

    @property
    def last_account(self) -> Account | None:
        """The account that was drawn up last, however long ago; `None` without one."""
        return self._accounts.get("own")

    def account(self, now: datetime) -> Account | None:
        """How the objective stands, drawn up within the last minute; `None` without an objective."""
        return self._account(now, ACCOUNTS_LAST)

    def _account(self, now: datetime, lasts: timedelta) -> Account | None:
        if self.contract.slo is None:
            return None
        kept = self._accounts.get("own")
        if kept is None or not kept.end <= now <= kept.end + lasts:
            kept = self.books(now).account(unknown_as_bad=self.unknown_as_bad)
            assert kept is not None, "it has an objective"
            self._accounts["own"] = kept
        return kept

    def budget_state(self, now: datetime, *, unknown_as_bad: bool) -> BudgetState | None:
        """What is left of the error budget to somebody who counts unknown time so."""
        account = self._account(now, BUDGETS_LAST)
        if account is None:
            return None
        what, found = f"budget {unknown_as_bad}", None
        if (kept := self._kept.get(what)) and kept[0] == account.end:
            found = kept[1]
        if not isinstance(found, BudgetState):
            objective = account.slo.objective
            left = budget(account.sli, objective, unknown_as_bad=unknown_as_bad)
            found = BudgetState(objective, left.remaining_ratio)
            self._kept[what] = account.end, found
        return found


def learn(
    store: Store,
    catalog: Catalog,
    dataset: str,
    now: datetime,
    version: int,
    readings: int,
    *,
    until: datetime | None,
    trusts: Iterable[Trust],
) -> Known:
    """Read all that is known about a dataset, and judge it.

    Args:
        store: Where the facts are.
        catalog: Where its contract is.
        dataset: Its name.
        now: The instant it is judged for; its standings hold for later ones too.
        version: Of its facts, read before they are.
        readings: Of its readings, likewise.
        until: Later looks do not count; `None` takes all.
        trusts: How those who ask about it trust evidence.

    Raises:
        StoreError: If the facts cannot be read.
    """
    contract, policy = catalog.contracts[dataset], catalog.policies["default"]
    evidence = store.evidence(dataset, until=until)
    own = Trust(policy.trusts_for(contract.tier), policy.snapshot_lag)
    return Known(
        contract,
        version,
        readings,
        {trust: assess(contract, evidence, now, trust) for trust in {own, *trusts}},
        own,
        Shelf(store, contract),
        _seen(evidence.last) if evidence.last else None,
        policy.counts_unknown(contract.tier),
    )


def _seen(look: Look) -> Seen:
    seen = look.observation
    population = seen.population
    return Seen(
        look.id,
        seen.observed_at,
        look.recorder,
        seen.snapshot,
        seen.profile.rows,
        seen.failure is None,
        population.expected if population else None,
        population.fresh if population else None,
    )
