"""Data that an asset is about to return, checked before anybody stores it."""

from __future__ import annotations

import dataclasses

from dagster_featureguard.judgement import ASSET, Judged, Question, case_catalog
from featureguard.assembling import assemble, with_waivers
from featureguard.evidence import Look
from featureguard.gate import assess, decide
from featureguard.guard import Guard


def judge_frame(guard: Guard, dataset: str, data: object, action: str) -> Judged:
    """What the gate would say about a dataset if this were its data.

    It is recorded only if the gate would let it pass: what is not stored says nothing about what is.

    Args:
        guard: On the catalog that holds the dataset.
        dataset: A dataset of the catalog.
        data: A polars, pyarrow or pandas table, or anything with `__arrow_c_stream__`.
        action: What it would be used for.

    Raises:
        UsageError: If there is no such dataset, or the data is no table.
        StoreError: If the evidence cannot be read or written.
    """
    report = guard.check(dataset, data=data, record=False)
    alone = case_catalog(guard.catalog, Question(dataset, (), action))
    alone = dataclasses.replace(alone, lineage=alone.lineage.only({ASSET, dataset}))
    store, now = guard.store_in_use, report.now
    looked = Look("", report.observation, report.results, now, guard.recorder, report.contract.digest)
    known = store.evidence(dataset)
    believed = dataclasses.replace(known, last=looked, complete=looked, seen=())
    case = assemble(
        alone,
        ASSET,
        action,
        now,
        guard.mode,
        standing=lambda _, trust: assess(report.contract, believed, now, trust),
        budget=lambda *_: None,
    )
    found = Judged(report, decide(with_waivers(case, store.waivers.all(), None)), None)
    if found.decision.allowed:
        store.record(
            report.observation, report.results, contract=report.contract, now=now, recorder=guard.recorder
        )
    return found
