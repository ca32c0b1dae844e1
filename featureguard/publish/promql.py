"""Pieces of PromQL over the metrics that the service tells.

Every series is first reduced over the servers that told it: several of them tell the same, and one alert is
enough.
"""

from __future__ import annotations

import json
from datetime import timedelta

DATASET = ("dataset", "tier")
"""Labels of a dataset."""

OBJECTIVE = (*DATASET, "sli")
"""Labels of an objective."""

_INFO = ("owner", "runbook")


def series(job: str, name: str, /, **labels: str) -> str:
    """A selector of the service's series: `featureguard_up{job="featureguard"}`.

    Args:
        job: Name of the scrape job.
        name: Name of the metric without its prefix.
        labels: Value of a label; one that begins with `~` is a regular expression, with `!~` its opposite.
    """
    return _selector(job, f"featureguard_{name}", labels)


def server_up(job: str) -> str:
    """Series of servers that could be scraped."""
    return f"{_selector(job, 'up', {})} == 1"


def latest(by: tuple[str, ...], selector: str) -> str:
    """One series for what several servers tell."""
    return f"max by ({', '.join(by)}) ({selector})"


def past(job: str, name: str) -> str:
    """How many seconds ago an instant of a dataset was, where it has passed."""
    return f"(time() - {latest(DATASET, series(job, name))}) > 0"


def owned(job: str, found: str) -> str:
    """Series about datasets with owner and runbook as labels, values unchanged.

    While servers disagree, as during a rollout, one of their answers is taken.
    """
    told = latest((*DATASET, *_INFO), series(job, "dataset_info"))
    on = ", ".join(DATASET)
    return f"({found})\n* on ({on}) group_left ({', '.join(_INFO)}) topk by ({on}) (1, {told})"


def burning(
    job: str, share: float, long: timedelta, short: timedelta, words: tuple[str, str], sli: str
) -> str:
    """Burn rates over `long` that spend `share` of the budget within it, while `short` confirms them.

    The factor follows from each objective's window. Below 1 a burn never spends the budget.

    Args:
        job: Name of the scrape job.
        share: Share of the error budget.
        long: The window that is told about.
        short: The window that lets the alert end.
        words: Both as the label `window` writes them.
        sli: Which SLIs, as `series` understands it.
    """
    window = latest(OBJECTIVE, series(job, "slo_window_seconds", sli=sli))
    factor = f"clamp_min({share:g} * {window} / {long.total_seconds():g}, 1)"
    return "\nand\n".join(
        f"{latest(OBJECTIVE, series(job, 'slo_burn_rate', sli=sli, window=word))} > {factor}"
        for word in words
    )


def _selector(job: str, name: str, labels: dict[str, str]) -> str:
    parts = (f"{key}{_matcher(value)}" for key, value in {"job": job, **labels}.items())
    return f"{name}{{{', '.join(parts)}}}"


def _matcher(value: str) -> str:
    for operator in ("!~", "~"):
        if value.startswith(operator):
            return f"{operator if operator == '!~' else '=~'}{_quoted(value.removeprefix(operator))}"
    return f"={_quoted(value)}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
