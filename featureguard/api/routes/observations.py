"""What workers elsewhere saw: on the disk before it is answered, and once, however often it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import Request, Response
from pydantic import ConfigDict, Field

from featureguard.access import Caller, Scope
from featureguard.api.described.observations import Taken
from featureguard.api.problems import ProblemError
from featureguard.api.replies import answer, service_of
from featureguard.api.security.scopes import router
from featureguard.api.strict import PlainRoute
from featureguard.checks import words
from featureguard.problems import suggestion
from featureguard.profile import NEVER
from featureguard.store.intake import Batch, Reading, SentLook
from featureguard.wire import LookDocument
from featureguard.wire.looks import ClockName
from featureguard.wire.scalars import Document, Instant, Name, NeverWord

if TYPE_CHECKING:
    from featureguard.catalog import Catalog
    from featureguard.contract import Contract

routes = router(Scope.OBSERVE, route_class=PlainRoute, tags=["observations"])


class ReadingDocument(Document):
    """What one clock of a dataset showed.

    Attributes:
        dataset: A dataset of the catalog.
        clock: Which clock.
        observed_at: When somebody looked.
        newest: The newest value that is not from the future, or `never`.
    """

    dataset: Name
    clock: ClockName = "event_time"
    observed_at: Instant
    newest: Instant | NeverWord

    model_config = ConfigDict(title="Reading")


class Observations(Document):
    """What a worker saw: readings of clocks, and whole looks; all of it is taken, or nothing.

    Attributes:
        readings: They tell how new data is, for SLIs and incidents; no gate takes them for a check.
        looks: What was measured; judged here, by the contract of the service's catalog.
    """

    readings: Annotated[tuple[ReadingDocument, ...], Field(max_length=10_000)] = ()
    looks: Annotated[tuple[LookDocument, ...], Field(max_length=100)] = ()

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "readings": [
                        {
                            "dataset": "flights",
                            "clock": "event_time",
                            "observed_at": "2013-02-09T12:00:00Z",
                            "newest": "2013-02-09T10:30:00Z",
                        }
                    ]
                }
            ]
        }
    )


@routes.post("/v1/observations", response_model=Taken, summary="Send what a worker saw")
async def observe(request: Request, sent: Observations) -> Response:
    """Recorded in the token's name; sending the same again changes nothing."""
    caller: Caller = request.state.caller
    if not sent.readings and not sent.looks:
        raise ProblemError("invalid", "Nothing was sent. Give 'readings', 'looks' or both.")
    service = service_of(request)
    batch = _batch(sent, service.fleet.catalog, caller.name)
    ids = await service.written(service.observations, batch)
    if ids:
        service.keeper.poke()
    return answer({"readings": len(batch.readings), "looks": ids})


def _batch(sent: Observations, catalog: Catalog, recorder: str) -> Batch:
    """What was sent, for the datasets of today's catalog.

    Raises:
        ProblemError: If a dataset is unknown, or a clock shows a time from the future.
    """
    wrong: dict[str, str] = {}
    readings = []
    for place, one in enumerate(sent.readings):
        contract = catalog.contracts.get(one.dataset)
        if contract is None or _future(contract, one.observed_at, one.newest):
            wrong[f"readings.{place}"] = _why(catalog, one.dataset, contract)
            continue
        limit = contract.freshness.max_age if contract.freshness and contract.clock == one.clock else None
        newest = one.newest if isinstance(one.newest, datetime) else NEVER
        readings.append(Reading(one.dataset, one.clock, one.observed_at, newest, recorder, limit))
    looks = []
    for place, look in enumerate(sent.looks):
        contract = catalog.contracts.get(look.dataset)
        if contract is None or any(
            _future(contract, look.observed_at, c.newest) for c in look.clocks.values()
        ):
            wrong[f"looks.{place}"] = _why(catalog, look.dataset, contract)
            continue
        looks.append(SentLook(look.to_observation(), contract, recorder))
    if wrong:
        raise _refused(wrong)
    return Batch(readings, looks)


def _future(contract: Contract, observed_at: datetime, newest: datetime | str | None) -> bool:
    return isinstance(newest, datetime) and newest - observed_at > contract.time.skew_tolerance


def _why(catalog: Catalog, dataset: str, contract: Contract | None) -> str:
    if contract is None:
        return f"The catalog has no dataset '{dataset}'.{suggestion(dataset, sorted(catalog.contracts))}"
    tolerance = words.limit(contract.time.skew_tolerance)
    return (
        f"'newest' lies more than {tolerance} after 'observed_at'. Send the newest value that is not from the"
        " future, and count the others in 'future_rows' of a look."
    )


def _refused(wrong: Mapping[str, str]) -> ProblemError:
    field, why = next(iter(wrong.items()))
    errors = [{"field": field, "message": told} for field, told in list(wrong.items())[:20]]
    return ProblemError("invalid", f"Nothing was taken: {field}: {why}", errors=errors)
