"""Pieces of PromQL over the metrics that the service tells.

Every series is first reduced over the servers that told it: several of them tell the same, and one alert is
enough.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta

DATASET = ("dataset", "tier")
"""Labels of a dataset."""

OBJECTIVE = (*DATASET, "sli")
"""Labels of an objective."""

ON_DATASET = f"on ({', '.join(DATASET)})"
"""Matches series of the same dataset."""

_INFO = ("owner", "runbook")


def series(job: str, name: str, /, **labels: str) -> str:
    """A selector of the service's series: `featureguard_store_up{job="featureguard"}`.

    Args:
        job: Name of the scrape job.
        name: Name of the metric without its prefix.
        labels: Value of a label; one that begins with `~` is a regular expression, with `!~` its opposite.
    """
    return _selector(f"featureguard_{name}", {"job": job, **labels})


def server_up(job: str) -> str:
    """Whether each server could be scraped."""
    return _selector("up", {"job": job})


def latest(by: tuple[str, ...], selector: str) -> str:
    """One series for what several servers tell."""
    return f"max by ({', '.join(by)}) ({selector})"


def told(job: str, name: str, /, **labels: str) -> str:
    """What is told about datasets, one series for each."""
    return latest(DATASET, series(job, name, **labels))


def in_state(job: str, states: str, tiers: str) -> str:
    """Datasets that are in one of some states."""
    return f"{told(job, 'dataset_state', state=f'~{states}', tier=f'~{tiers}')} == 1"


def past(job: str, name: str, tiers: str) -> str:
    """How many seconds ago an instant of a dataset was, where it has passed."""
    return f"(time() - {told(job, name, tier=f'~{tiers}')}) > 0"


def owned(job: str, found: str) -> str:
    """Series about datasets with owner and runbook as labels, values unchanged.

    While servers disagree, as during a rollout, one of their answers is taken.
    """
    owner = latest((*DATASET, *_INFO), series(job, "dataset_info"))
    one_each = f"topk by ({', '.join(DATASET)}) (1, {owner})"
    return f"({found})\n* {ON_DATASET} group_left ({', '.join(_INFO)}) {one_each}"


def burning(job: str, share: float, long: timedelta, words: tuple[str, str], /, **labels: str) -> str:
    """Burn rates that spend `share` of the budget within `long`, while the short window confirms them.

    The factor follows from each objective's window. Below 1 a burn never spends the budget.

    Args:
        job: Name of the scrape job.
        share: Share of the error budget.
        long: The window that is told about.
        words: It and the window that lets the alert end, as the label `window` writes them.
        labels: Which objectives, as `series` understands it.
    """
    window = latest(OBJECTIVE, series(job, "slo_window_seconds", **labels))
    factor = f"clamp_min({share:g} * {window} / {long.total_seconds():g}, 1)"
    return "\nand\n".join(
        f"{latest(OBJECTIVE, series(job, 'slo_burn_rate', **labels, window=word))} > {factor}"
        for word in words
    )


def asked(job: str, expr: str, function: str) -> str:
    """A template that asks for one more number about the alert's dataset, and says so if there is none.

    Args:
        job: Name of the scrape job.
        expr: PromQL; `@name` is a metric without its prefix: `max(@dataset_max_age_seconds)`.
        function: The template's function that writes the number, such as `humanizeDuration`.
    """
    query, count = re.subn(r"@(\w+)", rf'featureguard_\1{{job="{job}",dataset=%q}}', expr)
    names = " ".join(["$labels.dataset"] * count)
    told = f"{{{{ . | first | value | {function} }}}}"
    return f"{{{{ with printf `{query}` {names} | query }}}}{told}{{{{ else }}}}not known{{{{ end }}}}"


def _selector(name: str, labels: Mapping[str, str]) -> str:
    return f"{name}{{{', '.join(f'{key}{_matcher(value)}' for key, value in labels.items())}}}"


def _matcher(value: str) -> str:
    for operator in ("!~", "~"):
        if value.startswith(operator):
            return f"{operator if operator == '!~' else '=~'}{_quoted(value.removeprefix(operator))}"
    return f"={_quoted(value)}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
