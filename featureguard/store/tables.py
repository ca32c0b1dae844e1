"""The tables of the evidence store. They hold facts; whatever can be derived is derived when it is read.

Instants are integer microseconds since the epoch: SQLite drops the zone of a timestamp without a word.
`never` is a value of its own, since NULL in a unique key would make a row per look.
Text that people or data choose (column names, reasons, partition values) stands inside JSON in ASCII, so that
no database refuses it. The prefix `fg_` keeps the tables apart from a host's own in a shared database.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, Table, Text

NEVER_MICROS = -(2**63)
"""How `never` is stored: older than every instant."""

VERSION_TABLE = "fg_version"
METADATA = MetaData()

# What the store was created for, e.g. ("simulated", "no").
MARKS = Table(
    "fg_marks",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

# Every version of a contract that was ever looked with; looks say when each was in force.
CONTRACTS = Table(
    "fg_contracts",
    METADATA,
    Column("dataset", Text, primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("body", Text, nullable=False),
)

# The timeline; see `timeline.Run`. Recorder and provenance are merged away when it is read.
RUNS = Table(
    "fg_runs",
    METADATA,
    Column("dataset", Text, primary_key=True),
    Column("clock", Text, primary_key=True),
    Column("hour", BigInteger, primary_key=True, autoincrement=False),
    Column("value", BigInteger, primary_key=True, autoincrement=False),
    Column("recorder", Text, primary_key=True),
    Column("provenance", Text, primary_key=True),
    Column("first_seen", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
    Column("first_stale", BigInteger),
    sqlite_with_rowid=False,
)

# Profiles and histograms that looks and units point to, by the SHA-256 of their bytes.
SUMMARIES = Table(
    "fg_summaries",
    METADATA,
    Column("digest", Text, primary_key=True),
    Column("body", Text, nullable=False),
)

# One row per look with its results; `id` is the SHA-256 of all it says.
LOOKS = Table(
    "fg_looks",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("dataset", Text, nullable=False),
    Column("observed_at", BigInteger, nullable=False),
    Column("judged_at", BigInteger, nullable=False),
    Column("recorder", Text, nullable=False),
    Column("contract", Text, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("body", Text, nullable=False),
    Column("results", Text, nullable=False),
    Index("fg_looks_by_time", "dataset", "observed_at", "id"),
)

# The units that a look judged, in its order. `unit` is the unit's key as a JSON string.
UNITS = Table(
    "fg_units",
    METADATA,
    Column("look", Text, primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("dataset", Text, nullable=False),
    Column("observed_at", BigInteger, nullable=False),
    Column("unit", Text, nullable=False),
    Column("starts", BigInteger),
    Column("body", Text, nullable=False),
    Index("fg_units_by_time", "dataset", "observed_at"),
)

# What is known of immutable fragments. `fragment` is the SHA-256 of the fragment's key, which may be long.
FRAGMENTS = Table(
    "fg_fragments",
    METADATA,
    Column("dataset", Text, primary_key=True),
    Column("fragment", Text, primary_key=True),
    Column("body", Text, nullable=False),
)

# Keyed states, e.g. the newest time of each entity. `state` is the SHA-256 of the state's key.
STATES = Table(
    "fg_states",
    METADATA,
    Column("dataset", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("state", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

# A recorder whose looks from `since` until before `until` (whole hours) do not count.
RETRACTIONS = Table(
    "fg_retractions",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("dataset", Text, nullable=False),
    Column("recorder", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Index("fg_retractions_by_recorder", "dataset", "recorder"),
)

# Learned limits that were ever judged: their cold start is over. `mark` is the SHA-256 of `body`, the JSON of
# check and column.
LEARNED = Table(
    "fg_learned",
    METADATA,
    Column("dataset", Text, primary_key=True),
    Column("mark", Text, primary_key=True),
    Column("body", Text, nullable=False),
)

# The chain of decisions; triggers refuse to change or delete one. `seal`, `previous` and `body` are those of
# `chain.Link`, the other columns find it. `key` is the idempotency key as a JSON string, `inputs` the digest
# of a document.
DECISIONS = Table(
    "fg_decisions",
    METADATA,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("seal", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("key", Text),
    Column("subject", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("decided_at", BigInteger, nullable=False),
    Column("effective", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("inputs", Text),
    Index("fg_decisions_by_seal", "seal", unique=True),
    Index("fg_decisions_by_key", "key", unique=True),
    Index("fg_decisions_by_subject", "subject", "action", "decided_at"),
)

# What decisions rest on, by the SHA-256 of its bytes. Kept as long as they are, unlike summaries.
DOCUMENTS = Table(
    "fg_documents",
    METADATA,
    Column("digest", Text, primary_key=True),
    Column("body", Text, nullable=False),
)

# Waivers as they were given.
WAIVERS = Table(
    "fg_waivers",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
)

# Waivers that were taken back; the first time counts. `body` says by whom and why.
REVOCATIONS = Table(
    "fg_revocations",
    METADATA,
    Column("waiver", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
)

# What people did about incidents. `id` is the SHA-256 of all a note says.
NOTES = Table(
    "fg_notes",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("incident", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Index("fg_notes_by_incident", "incident", "at"),
)

# Verdicts of other tools. `id` is the SHA-256 of all a result says, `name` that of its tool and check.
EXTERNAL = Table(
    "fg_external",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("dataset", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("observed_at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Index("fg_external_by_name", "dataset", "name", "observed_at"),
)

# How often the facts of one topic were written: `dataset:NAME`, `readings:NAME`, `waivers`, `notes` or
# `tokens`. A counter, not a fact: it tells readers that keep what they read when to read again.
CHANGES = Table(
    "fg_changes",
    METADATA,
    Column("topic", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
)

# Bearer tokens of the API. `id` is the public part of a token, `digest` the SHA-256 of the whole; `body` is
# the JSON of its name and scopes.
TOKENS = Table(
    "fg_tokens",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("body", Text, nullable=False),
)

# What exported counters have counted so far, in microseconds: all time of an SLI up to `through`. It is never
# restated.
SETTLED = Table(
    "fg_settled",
    METADATA,
    Column("dataset", Text, primary_key=True),
    Column("sli", Text, primary_key=True),
    Column("through", BigInteger, nullable=False),
    Column("good", BigInteger, nullable=False),
    Column("bad", BigInteger, nullable=False),
    Column("unknown", BigInteger, nullable=False),
)
