"""Triggers: wait in the triggerer until a gate opens or a dataset is fresh; they record nothing."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from airflow.triggers.base import BaseEventTrigger, BaseTrigger, TriggerEvent

from airflow_featureguard.asking import Question, Seen
from airflow_featureguard.hooks import CONN_ID


class _Watching(BaseTrigger):
    """Asks one question by one connection, as often as a pace says."""

    def __init__(
        self,
        *,
        subject: str | None = None,
        action: str = "train",
        dataset: str | None = None,
        featureguard_conn_id: str = CONN_ID,
        shortest: float = 15.0,
        longest: float = 300.0,
    ) -> None:
        super().__init__()
        self.question = Question.of(subject, action, dataset)
        self.featureguard_conn_id = featureguard_conn_id
        self.shortest, self.longest = shortest, longest

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """How it is made again elsewhere."""
        return f"{type(self).__module__}.{type(self).__name__}", {
            "subject": self.question.subject,
            "action": self.question.action,
            "dataset": self.question.dataset,
            "featureguard_conn_id": self.featureguard_conn_id,
            "shortest": self.shortest,
            "longest": self.longest,
        }

    def answers(self) -> AsyncGenerator[Seen, None]:
        """Every answer from now on.

        Raises:
            Mistake: If the question is wrong, or may not be asked.
        """
        from airflow_featureguard.polling import Pace, watch

        return watch(self.featureguard_conn_id, self.question, Pace(self.shortest, self.longest))


class FreshnessTrigger(_Watching):
    """Fires once when a gate is open or a dataset is fresh, or when it is known that waiting is over.

    Triggers of one process that wait for the same share one poll. An outage of the API, or a triggerer that
    starts anew, only delays.

    Args:
        subject: A subject of the catalog.
        action: What it is about to do.
        dataset: A dataset, instead of a subject.
        featureguard_conn_id: The connection.
        fail_on_block: Fire too when there is evidence of a breach.
        until: When to give up, in seconds since 1970.
        shortest: Fewest seconds between two questions.
        longest: Most seconds between two questions.
    """

    def __init__(self, *, fail_on_block: bool = False, until: float | None = None, **asked: Any) -> None:
        super().__init__(**asked)
        self.fail_on_block, self.until = fail_on_block, until

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """How it is made again elsewhere."""
        path, asked = super().serialize()
        return path, {**asked, "fail_on_block": self.fail_on_block, "until": self.until}

    async def run(self) -> AsyncGenerator[TriggerEvent, None]:
        """Fires `{"outcome": "open" | "breach" | "timeout" | "mistake", "text": …, "document": …}`."""
        import asyncio

        last = f"featureguard: nobody could tell yet whether {self.question}."
        left = None if self.until is None else max(0.0, self.until - time.time())
        try:
            async with asyncio.timeout(left):
                event = await self._outcome()
        except TimeoutError:
            event = TriggerEvent({"outcome": "timeout", "text": self._last or last, "document": None})
        yield event

    _last: str | None = None
    _said: tuple[bool, ...] = ()

    def _say(self, seen: Seen) -> None:
        """Log what changed, not every answer."""
        self._last, how = seen.text, (seen.open, seen.breached, seen.known)
        if how != self._said:
            self._said = how
            self.log.info(seen.text)

    async def _outcome(self) -> TriggerEvent:
        from airflow_featureguard.polling import Mistake

        try:
            async with aclosing(self.answers()) as answers:
                async for seen in answers:
                    self._say(seen)
                    if seen.open or (seen.breached and self.fail_on_block):
                        outcome = "open" if seen.open else "breach"
                        return TriggerEvent(
                            {"outcome": outcome, "text": seen.text, "document": dict(seen.document)}
                        )
        except Mistake as mistake:
            return TriggerEvent({"outcome": "mistake", "text": str(mistake), "document": None})
        raise AssertionError("a watch ends only with an error")


class FreshnessEventTrigger(_Watching, BaseEventTrigger):
    """For an `AssetWatcher`: an asset event each time a gate opens or a dataset becomes fresh.

    Once per opening, also where it is open at first; what was told is kept with the asset. While nobody can
    tell, nothing fires, and an outage neither opens nor shuts.

    Args:
        subject: A subject of the catalog.
        action: What it is about to do.
        dataset: A dataset, instead of a subject.
        featureguard_conn_id: The connection.
        shortest: Fewest seconds between two questions.
        longest: Most seconds between two questions.
    """

    async def run(self) -> AsyncGenerator[TriggerEvent, None]:
        """Fires `{"featureguard": document}` for each opening; never ends."""
        import asyncio

        from airflow_featureguard.polling import Mistake

        while True:
            try:
                async with aclosing(self.answers()) as answers:
                    async for seen in answers:
                        if not seen.known or seen.open == await self._was_open():
                            continue
                        if seen.open:
                            yield TriggerEvent({"featureguard": dict(seen.document)})
                        await self._remember(seen.open)
            except Mistake as mistake:
                self.log.error("Nobody can tell whether %s: %s", self.question, mistake)
                await asyncio.sleep(self.longest)

    _open: bool | None = None

    async def _was_open(self) -> bool:
        if self._open is None:
            told = await self._kept("aget")
            self._open = told is True
        return self._open

    async def _remember(self, is_open: bool) -> None:
        self._open = is_open
        await self._kept("aset", is_open)

    async def _kept(self, what: str, *values: bool) -> Any:
        """Read or write what is kept with the asset: without it an opening may be told twice."""
        if self.asset_state_store is None:
            return None
        try:
            return await getattr(self.asset_state_store, what)(self._key, *values)
        except Exception as error:
            self.log.warning("What was told of %s is not kept: %s", self.question, error)
            return None

    @property
    def _key(self) -> str:
        asked = self.question
        return f"featureguard/{asked.dataset or f'{asked.subject}/{asked.action}'}"
