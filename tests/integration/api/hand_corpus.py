"""Requests that people and their tools really send, by mistake or in malice."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any
from urllib.parse import quote

from tests.builders import NOW

Sent = tuple[str, str, dict[str, Any]]
AT = NOW.isoformat()
READING = {"dataset": "rides", "observed_at": AT, "newest": AT}
LOOK = {"dataset": "rides", "observed_at": AT, "snapshot": "s", "profile": {"rows": 3, "columns": {}}}
WAIVER = {"dataset": "rides", "codes": ["DATA_STALE"], "seconds": 60, "reason": "r"}
BODIES: dict[str, dict[str, Any]] = {
    "/v1/previews": {"subject": "pricing", "action": "train"},
    "/v1/decisions": {"subject": "pricing", "action": "train", "key": "k"},
    "/v1/decisions/<decision>/confirm": {"subject": "pricing", "action": "train"},
    "/v1/observations": {"readings": [READING], "looks": [LOOK]},
    "/v1/waivers": WAIVER,
    "/v1/incidents/<incident>/notes": {"kind": "note", "text": "t"},
    "/v1/waivers/<waiver>/approve": {},
    "/v1/waivers/<waiver>/revoke": {"reason": "r"},
}
"""What is posted where; `<...>` stands for an id."""
FORMS = [
    b"", b"token", b"token=", b"token=x", b"token=x&token=y", b"token=%00", b"token=%ff%fe", b"token=\xff",
    b"&" * 5_000, b"a=1&" * 50, b"token=" + b"n" * 100_000,
    b"next=//evil.example", b"next=%0d%0aSet-Cookie:x=1&token=x", b"next=" + b"/" * 100_000,
    b"next=%ed%a0%80", b"next=javascript:alert(1)", b"=", b"\x00", b'{"token": "x"}',
]  # fmt: skip
AS_JSON = {"Content-Type": "application/json"}
READS = [
    "/v1/datasets",
    "/v1/datasets/rides",
    "/v1/datasets/rides/slo",
    "/v1/datasets/rides/results",
    "/v1/datasets/rides/incidents",
    "/v1/datasets/rides/lineage",
    "/v1/datasets/rides/impact",
    "/v1/subjects",
    "/v1/subjects/pricing",
    "/v1/subjects/pricing/lineage",
    "/v1/lineage",
    "/v1/incidents",
    "/v1/waivers",
    "/v1/decisions",
    "/v1/scorecard",
    "/metrics",
]
PAGES = ["/", "/datasets/rides", "/subjects/pricing", "/incidents?all=1", "/scorecard", "/runbooks"]
# What takes the place of any value, as JSON: the last ones are none.
VALUES = [
    "null", "true", "-1", "0", "-0.0", "1e308", "9223372036854775808", "1" + "0" * 400, '""', '" "', '"x"',
    '"' + "n" * 100_000 + '"', '"\\u0000"', '"\\ud800"', '"a\\r\\nSet-Cookie: x=1"', '"\\u202e\\u001b[31m"',
    '"../../etc/passwd"', '"\' OR 1=1 --"', '"NaN"', '"Infinity"', '"{{7*7}}"', '"<script>alert(1)</script>"',
    '"0001-01-01T00:00:00Z"', '"9999-12-31T23:59:59Z"', '"2013-02-09T12:00:00"', '"1360411200"', "1360411200",
    '"2013-02-30T00:00:00Z"', '"2013-02-09T12:00:00+99:00"', "[]", "{}", "[[]]", '[null]', '{"a": {"b": 1}}',
    "NaN", "Infinity", "-Infinity", "1e400", "", "\ufeff1", "'x'", "[" * 100_000,
]  # fmt: skip
WHOLE = [
    b"", b"null", b"[]", b"1", b'"x"', b"{", b'{"subject": "pricing"', b"\xff\xfe{}", b"\xef\xbb\xbf{}",
    b'{"a": 1}', b'{"subject": "a", "subject": "b", "action": "train"}', b"\x00", b"{}{}", b"a=b&c=d",
    b'{"subject": "\xed\xa0\x80", "action": "train"}', b'{"a":' * 100_000, b" " * 100_000,
]  # fmt: skip
LOOKS: list[dict[str, Any]] = [
    {"profile": {"rows": -1}},
    {"profile": {"rows": 3, "columns": {"at": {"rows": 3, "nulls": 4}}}},
    {"profile": {"rows": 3, "columns": {"at": {"rows": 9}}}},
    {"profile": {"rows": 3, "columns": {"at": {"rows": 3, "least": 5, "greatest": 4}}}},
    {"profile": {"rows": 3, "columns": {"at": {"rows": 3, "least": {"float": "nan"}, "greatest": "never"}}}},
    {"profile": {"rows": 3, "columns": {"at": {"rows": 3, "times": [0, [5, 1], [3, 1]]}}}},
    {"profile": {"rows": 3, "columns": {"at": {"rows": 3, "times": [99, [0, 1]]}}}},
    {"profile": {"rows": 3, "columns": {"at": {"rows": 3, "types": ["list<"]}}}},
    {"profile": {"rows": 3, "columns": {"at": {"rows": 3, "values": [["NaN", 1]]}}}},
    {"profile": {"rows": 2**63 - 1, "columns": {"at": {"rows": 2**63 - 1, "nulls": 2**63 - 1}}}},
    {"profile": {"rows": 1, "columns": {"at": {"rows": 1, "least": 2**63, "greatest": 2**64 - 1}}}},
    {"units": [{"key": "all", "content": "c", "profile": {"rows": 1}}] * 2},
    {"units": [{"key": "x", "content": "c", "profile": {"rows": 1}, "start": AT, "end": AT}]},
    {"population": {"of": "rows", "times": [0], "fresh": 2, "expected": 1}},
    {"partitions": {"2013-02-09": -1}},
    {"partitions": {"no day": 1, "": 2}},
    {"clocks": {"event_time": {"newest": "2013-02-10T12:00:00Z"}}},
    {"clocks": {"commit": {"newest": AT}}},
    {"failure": {"code": "NO_SUCH_CODE", "reason": "r"}},
    {"failure": {"code": "SOURCE_CORRUPT", "reason": "r"}, "clocks": {"event_time": {"newest": AT}}},
]
QUERIES = [
    "limit",
    "cursor",
    "since",
    "until",
    "window_seconds",
    "state",
    "tier",
    "owner",
    "check",
    "direction",
]
WORDS = [
    "-1", "0", "1000000000", "99999999999999999999", "nan", "inf", "1e400", "", "x", "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z", "2013-02-09T12:00:00", "1360411200", "\x00", "\ud800", "n" * 5_000, "a\r\nb: c",
    "%",
]  # fmt: skip
PATHS = [
    "/v1/datasets/%00", "/v1/datasets/%2e%2e%2f%2e%2e", "/v1/datasets/" + "n" * 50_000, "/v1/datasets/%ff",
    "//v1/datasets", "/v1//datasets", "/v1/datasets/", "/../etc/passwd", "/static/..%2fapp.py",
    "/v1/decisions/zz",
    "/v1/datasets/rides%0d%0aSet-Cookie:x", "/%2e%2e/%2e%2e/etc/passwd", "/v1/incidents/%E2%80%AE",
    "/.git/config",
]  # fmt: skip


def corpus() -> Iterator[Sent]:
    """Every request: method, path, and what httpx takes. Ids are still open."""
    yield from chain(_whole_bodies(), _single_values(), _looks(), _queries(), _paths(), _headers())


def with_ids(sent: Sent, ids: Mapping[str, str]) -> Sent:
    """The same with ids in its path."""
    method, path, more = sent
    for name, value in ids.items():
        path = path.replace(f"<{name}>", value)
    return method, path, more


def _whole_bodies() -> Iterator[Sent]:
    for path, body in BODIES.items():
        for content in WHOLE:
            yield "POST", path, {"content": content, "headers": AS_JSON}
        for kind in (
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/json; charset=utf-16",
            "",
        ):
            yield "POST", path, {"content": json.dumps(body), "headers": {"Content-Type": kind}}
        yield "POST", path, {"json": {**body, "no such key": 1}}


def _single_values() -> Iterator[Sent]:
    readings = [("/v1/observations", READING, '{"readings": [%s]}')]
    for path, body, around in [*((path, body, "%s") for path, body in BODIES.items()), *readings]:
        for field in body:
            for value in VALUES:
                text = around % json.dumps({**body, field: "HERE"}).replace('"HERE"', value)
                yield "POST", path, {"content": text.encode("utf-8"), "headers": AS_JSON}


def _looks() -> Iterator[Sent]:
    for change in LOOKS:
        yield "POST", "/v1/observations", {"json": {"looks": [{**LOOK, **change}]}}


def forms() -> Iterator[Sent]:
    """Every mistake at the way in for browsers."""
    for content in FORMS:
        for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
            yield "POST", "/login", {"content": content, "headers": {"Content-Type": kind}}


def _queries() -> Iterator[Sent]:
    for path in READS:
        for name in QUERIES:
            for word in WORDS:
                yield "GET", f"{path}?{name}={quote(word, safe='', errors='surrogatepass')}", {}


def _paths() -> Iterator[Sent]:
    for path in PATHS:
        for method in ("GET", "POST", "DELETE", "BREW"):
            yield method, path, {}
    for path in (*READS, *BODIES, "/", "/login"):
        for method in ("HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"):
            yield method, path, {}


def _headers() -> Iterator[Sent]:
    for value in ("\x7f", "é", "a" * 20_000, "Bearer", "Bearer a b", "Basic eDp5"):
        for name in ("Authorization", "X-Request-Id", "If-None-Match", "Cookie", "Accept", "Origin"):
            yield "GET", "/v1/datasets", {"headers": {name: value.encode("latin-1")}}
        body = BODIES["/v1/decisions"]
        yield "POST", "/v1/decisions", {"json": body, "headers": {"Idempotency-Key": value.encode("latin-1")}}
