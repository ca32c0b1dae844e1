"""What each reason code means, what usually causes it and what to do; `docs/codes.md` is made from here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from featureguard.result import Code


@dataclass(frozen=True, slots=True)
class Entry:
    """One reason code, for the person on call; each field is one or two sentences of Markdown.

    Attributes:
        meaning: What was found, and what it does to the answer.
        usual_cause: What mostly lies behind it.
        what_to_do: The next step.
    """

    meaning: str
    usual_cause: str
    what_to_do: str


def describe(code: Code) -> Entry:
    """The documentation of a reason code."""
    return _ENTRIES[code]


def to_markdown() -> str:
    """The page of all reason codes, grouped by what they are about."""
    return "\n".join([_HEAD, *(_section(title, entries) for title, entries in _GROUPS.items())])


def _section(title: str, entries: Mapping[Code, Entry]) -> str:
    return f"## {title}\n\n" + "\n".join(_item(code, entry) for code, entry in entries.items())


def _item(code: Code, entry: Entry) -> str:
    return (
        f"### {code}\n"
        f"- **Meaning:** {entry.meaning}\n"
        f"- **Usual cause:** {entry.usual_cause}\n"
        f"- **What to do:** {entry.what_to_do}\n"
    )


_HEAD = """\
# Reason codes

Every result that is not a pass, and every reason of a decision, carries one of these codes, whose names never
change. `fail` means that a promise is broken; `unknown` means that it could not be judged, on which a gate
holds for tiers 0 and 1 and warns below.
"""

_EVIDENCE = {
    Code.NO_EVIDENCE: Entry(
        "There is nothing to judge by, so the answer is unknown: nobody has looked at the dataset yet, or"
        " the look found no closed unit, too few rows or no values.",
        "The dataset is new, its scheduled check does not run, or the unit to judge is empty.",
        "Run `featureguard check` on the dataset. If it has run, the reason says what was lacking; whether"
        " an empty unit is an error is for the `volume` promise to decide.",
    ),
    Code.NO_REQUIREMENTS: Entry(
        "The subject requires no dataset, so nothing vouches for it and the gate holds.",
        "Its file has no `requires`, or an edit emptied the list.",
        "Name every dataset that the subject reads under `requires`.",
    ),
    Code.EVIDENCE_EXPIRED: Entry(
        "The last look is older than a look may be (1 h on tier 0, 6 h on tier 1, else 26 h, or"
        " `evidence_max_age`). What passed is unknown now; what failed still fails.",
        "The scheduled check stopped, runs too seldom, or writes to another store.",
        "Run `featureguard check` now, then mend its schedule. The data itself may be fine.",
    ),
    Code.EVIDENCE_PARTIAL: Entry(
        "The look lacks something that the contract expects, a check's result or a column's measure, and"
        " that part is unknown.",
        "A column is missing or has a type that the check cannot measure, or the look was interrupted.",
        "Mend a failing `schema` result first, for it names the column. Otherwise run `featureguard check`"
        " again.",
    ),
    Code.EVIDENCE_SUPERSEDED: Entry(
        "A newer snapshot of the data has been seen, and the last look at the one that this evidence is"
        " about is older than `snapshot_lag`. What passed is unknown.",
        "The data was written again after its check, or one worker reads a lagging replica.",
        "Run `featureguard check`, so that the evidence is about the newest snapshot.",
    ),
    Code.EVIDENCE_CONTRADICTORY: Entry(
        "Two looks at one snapshot report different values of one clock. The gate holds at least, and no"
        " waiver covers it.",
        "Two recorders read different copies or assume different time zones, or files were replaced without"
        " a trace.",
        "Compare what the two recorders read. Stop the wrong one, have its looks retracted, and check again.",
    ),
    Code.EVIDENCE_FROM_FUTURE: Entry(
        "The look is dated after the instant for which it is judged, by more than the tolerance, so what"
        " passed is unknown.",
        "The clock of the machine that looked runs ahead, or `--now` names an instant before the look.",
        "Compare that machine's clock with UTC, set it right and check again. Leave `--now` out unless you"
        " replay the past.",
    ),
}

_TIME = {
    Code.DATA_STALE: Entry(
        "The newest value of the contract's clock is older than `max_age`, or as a warning than `warn_age`.",
        "The producing job failed, is late or waits for its own input.",
        "Go upstream to the first dataset that is stale, and run its job. Check again once the data has"
        " arrived.",
    ),
    Code.POPULATION_STALE: Entry(
        "Fewer of the rows or entities than promised (`at_least`) are younger than `within`, however fresh"
        " the newest one is.",
        "A part of the feed stopped: a region, a partition, one of several inputs.",
        "See what the oldest ones in the reason have in common, and mend that part of the feed.",
    ),
    Code.NEVER_ARRIVED: Entry(
        "The place can be read but holds no valid time: it is empty, or the clock's column has only nulls"
        " and times from the future. This counts as bad time.",
        "The first load has not run, the data was deleted, or the contract names a wrong path or column.",
        "Compare `source` and `time` of the contract with the data, then run or restore the load.",
    ),
    Code.DATA_FROM_FUTURE: Entry(
        "Rows lie later than the look plus `skew_tolerance`. They refresh nothing: the newest time that is"
        " not in the future counts.",
        "A producer writes local time as UTC, mixes seconds with milliseconds, or its clock runs ahead.",
        "Find those rows and mend their producer. Data that is about the future by nature needs another"
        " clock under `time`.",
    ),
    Code.WINDOW_LATE: Entry(
        "A due window arrived only after its grace had ended; its lateness stays on record.",
        "The job started late, ran long or waited for its input.",
        "There is nothing to load. If it happens often, speed the job up or agree on a later delivery.",
    ),
    Code.WINDOW_MISSING: Entry(
        "A window is due, its grace has ended, and its data is not there; it stays bad until it is filled.",
        "The run for that window failed or was skipped, or the delivery's calendar lacks a holiday.",
        "Run the job for that window and check again. If nothing was due, correct the calendar; if all of it"
        " is there, declare with `slack` how long before its end the newest row may lie.",
    ),
    Code.PARTITION_MISSING: Entry(
        "A partition that should exist is absent or holds too little, perhaps between others that are"
        " complete.",
        "One run failed while later ones went on, a backfill left it out, or files were deleted.",
        "Backfill the partitions that the reason names, then check again.",
    ),
    Code.VALUE_REGRESSED: Entry(
        "The newest value is older than the look before had found. This is a finding that warns; the age is"
        " judged by what is there now.",
        "Data was restored or deleted, or the look read a lagging replica.",
        "Ask who restored or deleted data. If nobody did, find out which copy is being read.",
    ),
    Code.CLOCKS_DISAGREE: Entry(
        "The pipeline ran but the data did not move: files are new, while the newest value of the"
        " contract's clock is stale.",
        "The job succeeded on old or empty input, delivered the same extract again, or only rewrote files.",
        "Look at what the last run read, not at whether it succeeded. Mend its input and run it again.",
    ),
    Code.CLOCK_SKEW: Entry(
        "The clock of whoever looked is too far from the store's: more than 5 minutes ahead or 24 hours"
        " behind. Such a look is refused.",
        "A worker's time synchronisation stopped, or old looks are replayed as if they were new.",
        "Set that machine's clock right and check again. Replayed history needs the provenance"
        " `source_history`.",
    ),
}

_CONTENT = {
    Code.SCHEMA_BREAKING: Entry(
        "A reader of the promised columns cannot read the data: a column is missing or its type changed, or"
        " in mode `exact` one is there that was not promised.",
        "The producer renamed, dropped or retyped a column, or one file was written with an inferred type.",
        "Roll that change back, or write the data again with the promised types. If it is meant, agree with"
        " the consumers and change the contract first.",
    ),
    Code.VOLUME_OUT_OF_RANGE: Entry(
        "A judged unit has fewer or more rows than `volume` allows.",
        "A load was partial or ran twice, or a filter or a join changed.",
        "Compare the unit with its neighbours and load it again. Change the limit only if the new volume is"
        " here to stay.",
    ),
    Code.NULL_LIMIT: Entry(
        "More of a column's rows lack a value than its fixed limit allows; with `nullable: false` that is"
        " any row. Null, NaN, empty text and sentinels count as `covers` says.",
        "A join no longer matches, an input was down, or a source field was renamed.",
        "Find where the values of that column and unit get lost, mend it and load the unit again.",
    ),
    Code.NULL_SPIKE: Entry(
        "Far more of a column's rows lack a value than its own past explains, whatever its fixed limit"
        " allows.",
        "An input was down or a join broke, or the day was truly unusual, such as a storm that cancels"
        " flights.",
        "Compare the rate with the past rate in the reason. Mend and load again what was lost; if the nulls"
        " are true, ask the owner for a waiver where the gate blocks.",
    ),
    Code.KEYS_DUPLICATED: Entry(
        "Rows of one unit repeat the key of another row.",
        "A load or a retry appended the same rows again, or a join multiplies rows.",
        "Look up the example key in the reason, remove the repeated rows, and make the load safe to repeat.",
    ),
    Code.RANGE_VIOLATED: Entry(
        "The smallest or the largest value of a column lies outside its `range`.",
        "The unit of measure changed, a parser or a sensor erred, or a stand-in such as -999 is not"
        " declared as a sentinel.",
        "Look at the rows with the value in the reason and mend their source. Widen the range only if such"
        " values can be true.",
    ),
    Code.VALUE_UNEXPECTED: Entry(
        "A column holds values that are not in its agreed set.",
        "A new category appeared, or a spelling or the order of the columns changed.",
        "Ask the owner whether the value is meant. If so, make the consumers ready and add it to `one_of`;"
        " if not, mend the producer.",
    ),
    Code.DRIFT: Entry(
        "The distribution of a column has moved further from its baseline than promised.",
        "The calculation or the unit changed upstream, or the world did.",
        "Look for a change upstream at the time it began and roll it back. If the world changed, retrain"
        " and renew the baseline.",
    ),
    Code.EXTERNAL_FAILED: Entry(
        "A check of another tool failed, for a reason that has no code of its own here.",
        "The data broke a rule that is written in that tool, such as a test of one's own in dbt.",
        "Read the reason, then look up the check by its name in the tool that the name begins with.",
    ),
}

_ONLINE = {
    Code.ONLINE_SKEW: Entry(
        "Online and offline event times of the same entities lie further apart than promised.",
        "The last materialization failed, is late, or reached only a part of the entities.",
        "Materialize the interval again, then compare the entities that the reason names.",
    ),
    Code.TTL_EXCEEDED: Entry(
        "The online store serves values that are older than their time to live.",
        "Materialization stopped, or these entities get no new rows; many online stores never drop expired"
        " values.",
        "Run the materialization. Until it is done, have the model treat these values as missing.",
    ),
}

_HISTORY = {
    Code.BUDGET_EXHAUSTED: Entry(
        "The bad time of the objective's window has used up the error budget. This warns; a policy can make"
        " it block.",
        "One long incident or many short ones within the window.",
        "The data may be fresh again. Postpone risky changes, and mend what caused most of the bad time.",
    ),
    Code.COLD_START: Entry(
        "There is too little history: a learned limit only warns while fewer units than its minimum were"
        " ever recorded, and is unknown later. An SLI leaves out the time before the first look.",
        "The dataset or the promise is new, or the store's history was lost.",
        "Wait until enough units are recorded. If the dataset is not new, find out what happened to the"
        " store.",
    ),
}

_MACHINERY = {
    Code.SOURCE_UNREADABLE: Entry(
        "The data's location cannot be listed or opened, so all about the dataset is unknown. This says"
        " nothing about its age.",
        "A wrong path, missing rights, expired credentials or an outage; or a file changed while it was"
        " read.",
        "Open the path in the reason with the rights of the job that checks. Mend what is in the way and"
        " check again.",
    ),
    Code.SOURCE_CORRUPT: Entry(
        "A file contradicts its own checksums, statistics or format, so nothing read from the dataset is"
        " believed. No waiver covers it.",
        "A writer died halfway, a copy was cut short, or bits flipped on a disk.",
        "Write or restore the file that the reason names, then check again.",
    ),
    Code.RESOURCE_LIMIT: Entry(
        "Reading the data would take more memory or more columns than is allowed, so it was stopped and all"
        " about the dataset is unknown.",
        "A file expands to many times its size or claims a huge footer, or the machine is short of memory.",
        "Look at the file in the reason and write it again in smaller files. Do not trust one that claims"
        " absurd sizes.",
    ),
    Code.CHECK_CRASHED: Entry(
        "A check ended in an exception, so its answer is unknown.",
        "A defect in the check, often met with an unusual type or value.",
        "Keep the data, and report the exception in the reason to whoever wrote the check.",
    ),
    Code.CHECK_TIMEOUT: Entry(
        "A check did not finish within its time, so its answer is unknown.",
        "Far more data than usual is new, as after a backfill, or the source is slow.",
        "Check again when the source is quiet. If it happens often, allow more time or judge smaller units.",
    ),
    Code.STORE_UNAVAILABLE: Entry(
        "The evidence store cannot be read or written. The gate holds, for it gives no decision that it"
        " cannot record.",
        "The database is down, its disk is full, or the credentials expired.",
        "Bring the store in the message back, then ask again.",
    ),
    Code.GATE_UNREACHABLE: Entry(
        "The caller could not reach the gate, so there is no decision and it acts as on hold. Only an"
        " action that the policy marks as `repair` goes on.",
        "The gate's service is down, or the network or the caller's token is at fault.",
        "Bring the service back and try again; the hold says nothing about the data.",
    ),
}

_CONTRACTS = {
    Code.CONTRACT_MISSING: Entry(
        "The gate needs a dataset that has no contract, so its state is unknown.",
        "The subject requires an `external` dataset directly, or the gate's catalog lacks a file.",
        "Write a contract for the dataset, or require one with a contract that is made from it.",
    ),
    Code.CONTRACT_INVALID: Entry(
        "A contract cannot be loaded, so nothing can be judged by it.",
        "An edit left an unknown key, a wrong value, a name that does not exist, or a cycle.",
        "Run `featureguard validate`: it lists every problem with its file, line and field.",
    ),
    Code.CONTRACT_CHANGED: Entry(
        "Since the last look the contract was edited and now needs a measure that the look did not take;"
        " only that is unknown.",
        "A promise was added or now covers more.",
        "Run `featureguard check` to measure it.",
    ),
}

_WAIVERS = {
    Code.WAIVER_APPLIED: Entry(
        "A person's waiver lowered this reason to a warning at most. This is a note: the raw verdict and"
        " the reason stay listed.",
        "Somebody accepted the problem for a limited time.",
        "Read who allowed it, why and until when, and have the cause mended before it ends.",
    ),
    Code.WAIVER_EXPIRED: Entry(
        "A waiver for this reason has ended, so the reason counts in full. This is a note without a verdict"
        " of its own.",
        "The cause was not mended while the waiver ran, which by default is 7 days at most.",
        "Mend the cause. If it still has to wait, ask the owner for a new waiver.",
    ),
}

_GROUPS: Mapping[str, Mapping[Code, Entry]] = {
    "Evidence": _EVIDENCE,
    "Freshness, delivery and clocks": _TIME,
    "Content": _CONTENT,
    "Online store": _ONLINE,
    "Objectives and history": _HISTORY,
    "Sources, checks, store and gate": _MACHINERY,
    "Contracts": _CONTRACTS,
    "Waivers": _WAIVERS,
}
_ENTRIES: Mapping[Code, Entry] = {code: entry for group in _GROUPS.values() for code, entry in group.items()}
