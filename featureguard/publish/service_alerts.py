"""Alerts about what is absent: the service, its store, a dataset, new pictures; and the dead-man's switch.

No data is no alert in Prometheus, so each absence needs a rule of its own.
"""

from __future__ import annotations

from datetime import timedelta

from featureguard.publish.alert import Alert, When, Wishes
from featureguard.publish.promql import DATASET, OBJECTIVE, latest, series, server_up, told

PICTURE_SECONDS = 300
"""How old the picture of the store may be, and how far clocks may differ."""

COUNTERS_SECONDS = 10_800
"""How far behind counters may be: an hour they always are, and two more are a fault."""

_ONE_DAY = "[1d:1h]"
"""Looks back a day, hour by hour: reading every sample of thousands of datasets would cost too much."""


def service_alerts(wishes: Wishes) -> tuple[Alert, ...]:
    """All of them, the most urgent first."""
    job = wishes.job
    return (
        _watchdog(),
        _gone(job),
        _store_down(job),
        _server_down(job),
        _picture_old(job),
        _vanished(job),
        _left_out(job),
        _catalog_empty(job),
        _counters_stand_still(job),
    )


def _watchdog() -> Alert:
    return Alert(
        "Watchdog",
        fires="always",
        when=(When("none", "vector(1)"),),
        summary="alerting works",
        description="This alert always fires. If it stops, Prometheus, Alertmanager or the way between them"
        " is broken.",
        rationale="A dead-man's switch: what watches cannot tell of its own death. Send it to a service"
        " outside that calls a person once it has been silent for two intervals.",
        todo=(
            "It fires: nothing is to be done.",
            "It was silent: see whether Prometheus runs, evaluates these rules, and reaches Alertmanager.",
        ),
        hold=timedelta(0),
    )


def _gone(job: str) -> Alert:
    return Alert(
        "Gone",
        fires="no server of the job tells anything: down, refused for its token, or not scraped at all",
        when=(When("page", f"absent({series(job, 'build_info')})"),),
        summary="featureguard cannot be seen",
        description=f"Nothing was scraped from the job '{job}'. Stale data would wake nobody now, and where"
        " gates cannot reach the service, training, promotion and deployment hold.",
        rationale="All other alerts need its series, and no data is no alert. Pyrra adds an"
        " absence rule to every SLO for that reason; this one rule serves for all.",
        todo=(
            "See under 'Status > Targets' of Prometheus what a scrape says. 401: the token expired or was"
            " revoked; make one by 'featureguard token create prometheus --scope read'.",
            "Is the process up? '/livez' answers if it is, '/readyz' names the part that is not ready.",
            "Start 'featureguard serve' again; its log is JSON on standard error.",
        ),
    )


def _store_down(job: str) -> Alert:
    return Alert(
        "StoreDown",
        fires="no server can read the evidence store",
        when=(When("page", f"max({series(job, 'store_up')}) == 0"),),
        summary="featureguard cannot read its evidence store",
        description="Decisions cannot be recorded and are refused, so every gate holds; pages and metrics"
        " stand still.",
        rationale="What holds back every training and promotion, and hides all that goes stale meanwhile, is"
        " worth waking somebody for.",
        todo=(
            "See the status page or the log for the reason: a full disk, a lock, a password, a network.",
            "Mend that; the service comes back by itself within two seconds.",
        ),
    )


def _server_down(job: str) -> Alert:
    return Alert(
        "ServerDown",
        fires="one server of several cannot be scraped",
        when=(When("ticket", f"{server_up(job)} == 0 and on () count({series(job, 'build_info')}) > 0"),),
        summary="featureguard on {{ $labels.instance }} is down",
        description="{{ $labels.instance }} cannot be scraped. Others answer.",
        rationale="While others answer nothing is lost but the reserve, so it can wait for the morning.",
        todo=("Start it again, or take it out of the scrape configuration.",),
    )


def _picture_old(job: str) -> Alert:
    old = f"abs(time() - {latest(('instance',), series(job, 'snapshot_timestamp_seconds'))})"
    return Alert(
        "PictureOld",
        fires=f"what a server tells is from {PICTURE_SECONDS // 60} minutes ago and more, or its clock"
        " differs as much",
        when=(When("ticket", f"{old} > {PICTURE_SECONDS}"),),
        summary="featureguard on {{ $labels.instance }} tells old news",
        description="The store was last read {{ $value | humanizeDuration }} before or after what Prometheus"
        " takes for now.",
        rationale="Its instants and states stand still then, and look well. A picture is renewed every second"
        " by default and looks of the future are refused beyond 5 minutes, so that is the limit here as"
        " well.",
        todo=(
            "Ask '/readyz' of that server for the part that is down; its log says why.",
            "If all is up there, compare its clock with Prometheus's.",
        ),
    )


def _vanished(job: str) -> Alert:
    known = latest(DATASET, series(job, "dataset_info"))
    there = f"{told(job, 'dataset_info')}"
    answers = f"count({series(job, 'build_info')}) > 0"
    return Alert(
        "DatasetVanished",
        fires="a dataset was told about within the last day and is no more, while the service answers",
        when=(
            When(
                "ticket",
                f"(\nmax_over_time({known}{_ONE_DAY})\nunless on (dataset) {there}\n)\nand on () {answers}",
            ),
        ),
        summary="{{ $labels.dataset }} is no longer watched",
        description="{{ $labels.dataset }} (tier {{ $labels.tier }}) has vanished from the catalog, or is"
        " left out of the metrics. Its alerts have ended with it, whatever they said.",
        rationale="A series that vanishes while others remain resolves its alerts, in Prometheus as in"
        " Grafana. So the catalog of today is compared with that of the last day; after a day it is taken for"
        " meant.",
        todo=(
            "Was its contract removed or renamed on purpose? Then silence this alert for a day.",
            "Else restore the file: 'featureguard validate' says what the catalog holds.",
        ),
    )


def _left_out(job: str) -> Alert:
    return Alert(
        "DatasetsLeftOut",
        fires="the catalog has more datasets than metrics tell about",
        when=(When("ticket", f"max({series(job, 'datasets_left_out')}) > 0"),),
        summary="featureguard leaves datasets out of its metrics",
        description="{{ $value }} datasets have no series of their own, those of the lowest tiers; no alert"
        " watches them.",
        rationale="A limit on series must never look like health.",
        todo=("Split the catalog over several projects, each served and scraped by itself.",),
    )


def _catalog_empty(job: str) -> Alert:
    return Alert(
        "CatalogEmpty",
        fires="the service is up and its catalog has no dataset",
        when=(When("ticket", f"max({series(job, 'datasets')}) == 0"),),
        summary="featureguard watches nothing",
        description="The catalog has no dataset, so none of the other alerts can fire.",
        rationale="Nothing to watch and nothing to say look alike from outside.",
        todo=("Does the project file's 'catalog' name the right folders, and are they mounted?",),
    )


def _counters_stand_still(job: str) -> Alert:
    behind = f"time() - {latest(OBJECTIVE, series(job, 'slo_settled_through_timestamp_seconds'))}"
    return Alert(
        "CountersStandStill",
        fires=f"counters of good and bad time end {COUNTERS_SECONDS // 3_600} hours ago and more",
        when=(When("ticket", f"max({behind}) > {COUNTERS_SECONDS}"),),
        summary="counters of good and bad time stand still",
        description="They end {{ $value | humanizeDuration }} ago. Rates of them are 0 by now, and 0 / 0"
        " fires nowhere.",
        rationale="Sloth, Pyrra and dashboards compute with these counters, which end an hour before now by"
        " design.",
        todo=(
            "One server on the store is enough to let them go on: see its log for errors of the store.",
            "Were its times made up? A simulated store has no place in Prometheus.",
        ),
    )
