import pytest

from featureguard.arrow_types import parse_type
from featureguard.checks.schema import breaking_path, schema
from featureguard.contract import Contract
from featureguard.observation import History
from featureguard.profile import ColumnProfile, Profile
from featureguard.result import CheckResult, Code, Severity, Status
from tests.builders import NOW, look, rides

# promised, found, the breaking path of a compatible reader (None: it can read)
TABLE = [
    ("int64", "int64", None),
    ("int64", "int32", None),
    ("int64", "uint32", None),
    ("int64", "uint64", "x: int64 → uint64"),
    ("int32", "int64", "x: int32 → int64"),
    ("uint16", "int8", "x: uint16 → int8"),
    ("float64", "float32", None),
    ("float64", "int32", None),
    ("float64", "int64", "x: float64 → int64"),
    ("float32", "int16", None),
    ("float32", "int32", "x: float32 → int32"),
    ("string", "large_string", None),
    ("large_string", "string_view", None),
    ("string", "binary", "x: string → binary"),
    ("float64", "string", "x: float64 → string"),
    ("bool", "int8", "x: bool → int8"),
    ("float64", "null", None),
    ("timestamp[us, tz=UTC]", "timestamp[ms, tz=UTC]", None),
    ("timestamp[us, tz=UTC]", "timestamp[us, tz=+00:00]", None),
    ("timestamp[us, tz=UTC]", "timestamp[ns, tz=UTC]", "x: timestamp[us, tz=UTC] → timestamp[ns, tz=UTC]"),
    ("timestamp[us, tz=UTC]", "timestamp[us]", "x: timestamp[us, tz=UTC] → timestamp[us]"),
    ("timestamp[us]", "timestamp[us, tz=UTC]", "x: timestamp[us] → timestamp[us, tz=UTC]"),
    ("timestamp[s, tz=UTC]", "timestamp[s, tz=Asia/Aden]",
     "x: timestamp[s, tz=UTC] → timestamp[s, tz=Asia/Aden]"),
    ("duration[us]", "duration[s]", None),
    ("time64[us]", "time64[ns]", "x: time64[us] → time64[ns]"),
    ("decimal128(10, 2)", "decimal128(8, 2)", None),
    ("decimal128(10, 2)", "decimal128(10, 1)", "x: decimal128(10, 2) → decimal128(10, 1)"),
    ("decimal128(12, 2)", "decimal128(10, 1)", None),
    ("decimal128(10, 2)", "decimal128(10, 3)", "x: decimal128(10, 2) → decimal128(10, 3)"),
    ("decimal256(40, 2)", "decimal128(38, 2)", None),
    ("decimal128(10, 2)", "float64", "x: decimal128(10, 2) → float64"),
    ("list<int64>", "list<int32>", None),
    ("list<int64>", "large_list<int64>", None),
    ("list<float64>", "list<string>", "x.element: float64 → string"),
    ("list<int64>", "int64", "x: list<int64> → int64"),
    ("list<int8>", "fixed_size_list<int8>[3]", "x: list<int8> → fixed_size_list<int8>[3]"),
    ("fixed_size_list<int8>[3]", "fixed_size_list<int8>[4]",
     "x: fixed_size_list<int8>[3] → fixed_size_list<int8>[4]"),
    ("struct<a: int64>", "struct<a: int32, b: string>", None),
    ("struct<a: int64, b: string>", "struct<b: string, a: int64>", None),
    ("struct<a: int64, b: string>", "struct<a: int64>", "x.b: string → missing"),
    ("struct<a: int64 not null>", "struct<a: int64>", "x.a: not null → nullable"),
    ("struct<a: int64>", "struct<a: int64 not null>", None),
    ("map<string, float64>", "map<string, float32>", None),
    ("map<string, float64>", "map<string, string>", "x.value: float64 → string"),
    (
        "list<struct<price: float64, unit: string>>",
        "list<struct<price: string, unit: string>>",
        "x.element.price: float64 → string",
    ),
]  # fmt: skip

# The order of a struct's fields is no promise, and "not null" keeps more than was promised.
STILL_EXACT = [
    ("struct<a: int64, b: string>", "struct<b: string, a: int64>"),
    ("struct<a: int64>", "struct<a: int64 not null>"),
]


@pytest.mark.parametrize(("promised", "found", "path"), TABLE)
def test_a_compatible_reader_reads_what_loses_nothing(promised: str, found: str, path: str | None) -> None:
    broken = breaking_path(parse_type(promised), parse_type(found), "x")
    assert broken == path


@pytest.mark.parametrize(("promised", "found"), [row[:2] for row in TABLE if row[0] != row[1]])
def test_an_exact_reader_reads_its_own_types_only(promised: str, found: str) -> None:
    assert breaking_path(parse_type(promised), parse_type(promised), "x", exact=True) is None
    assert bool(breaking_path(parse_type(promised), parse_type(found), "x", exact=True)) is (
        (promised, found) not in STILL_EXACT
    )


def run(columns: dict[str, object], profile: Profile, **mode: object) -> list[CheckResult]:
    contract = Contract.model_validate(
        {"dataset": "rides", "owner": "me", "schema": {"columns": columns, **mode}}
    )
    return list(schema(contract, look(profile=profile), History(), NOW))


def seen(rows: int = 5, /, **types: str | tuple[str, int]) -> Profile:
    columns = {}
    for name, kind in types.items():
        text, count = kind if isinstance(kind, tuple) else (kind, rows)
        columns[name] = ColumnProfile(count, frozenset(text.split(" | ")))
    return Profile(rows, columns)


def test_a_promised_column_that_fits_passes_and_says_what_it_is() -> None:
    (result,) = run({"fare": "float64"}, seen(fare="float32", tip="string"))
    assert (result.status, result.observed, result.limit) == (Status.PASS, "float32", "float64")


def test_a_broken_type_names_its_path() -> None:
    (result,) = run({"fare": "float64"}, seen(fare="string"))
    assert (result.status, result.code, result.reason) == (
        Status.FAIL,
        Code.SCHEMA_BREAKING,
        "fare: float64 → string.",
    )


def test_one_file_of_another_type_is_enough() -> None:
    (result,) = run({"fare": "float64"}, seen(fare="float64 | string"))
    assert (result.status, result.observed) == (Status.FAIL, "float64 | string")


def test_a_missing_column_breaks_unless_it_is_optional() -> None:
    (missing,) = run({"fare": "float64"}, seen(tip="float64"))
    assert (missing.status, missing.reason) == (Status.FAIL, "'fare' is missing.")
    (optional,) = run({"fare": {"type": "float64", "optional": True}}, seen(tip="float64"))
    assert optional.status is Status.PASS


def test_a_column_that_only_some_files_have_breaks_unless_it_is_optional() -> None:
    some = seen(5, fare=("float64", 2))
    (missing,) = run({"fare": "float64"}, some)
    assert missing.reason == "'fare' is missing from files with 3 rows."
    (optional,) = run({"fare": {"type": "float64", "optional": True}}, some)
    assert optional.status is Status.PASS


def test_exact_mode_refuses_a_column_that_was_not_promised() -> None:
    fare, extra = run({"fare": "float64"}, seen(fare="float64", tip="int8"), mode="exact")
    assert (fare.status, extra.status, extra.observed) == (Status.PASS, Status.FAIL, "tip")
    assert run({"fare": "float64"}, seen(fare="float64"), mode="exact")[1].status is Status.PASS


def test_a_column_without_a_type_only_has_to_be_there() -> None:
    (result,) = run({"fare": None}, seen(fare="binary"))
    assert result.status is Status.PASS


def test_a_mode_that_ignores_and_no_schema_promise_nothing() -> None:
    assert run({"fare": "float64"}, seen(fare="string"), mode="ignore") == []
    assert list(schema(rides(), look(profile=seen(fare="string")), History(), NOW)) == []


def test_a_schema_that_nobody_read_is_unknown() -> None:
    (unread,) = run({"fare": "float64"}, Profile(None))
    assert (unread.status, unread.not_measured) == (Status.UNKNOWN, True)
    (empty,) = run({"fare": "float64"}, Profile(0))
    assert (empty.status, empty.code, empty.not_measured) == (Status.UNKNOWN, Code.NO_EVIDENCE, False)


def test_a_table_without_rows_still_has_a_schema() -> None:
    (result,) = run({"fare": "float64"}, seen(0, fare="string"))
    assert result.status is Status.FAIL


def test_severity_is_the_promises() -> None:
    (result,) = run({"fare": "float64"}, seen(fare="string"), severity="warn")
    assert result.severity is Severity.WARN
