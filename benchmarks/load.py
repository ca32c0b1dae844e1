"""wrk asks a service from the same machine: 32 connections for some seconds."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from itertools import count
from pathlib import Path

CONNECTIONS = 32
_LOADS = count()
_UNITS = {"us": 0.001, "ms": 1.0, "s": 1_000.0}
_HEADERS = """wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer {token}"
"""
_SAME = _HEADERS + "wrk.body = '{body}'\n"
# No reading is like another one: each is a row of its own in a timeline. Loads tell of times that lie apart.
_READINGS = (
    _HEADERS
    + """local sent = 0
local function at(seconds)
  return os.date("!%Y-%m-%dT%H:%M:%S", seconds) .. string.format(".%06dZ", sent % 1000000)
end
function request()
  local parts, now = {{}}, os.time()
  for n = 1, {size} do
    sent = sent + 1
    parts[n] = string.format('{{"dataset":"features_%d","observed_at":"%s","newest":"%s"}}',
      sent % {datasets}, at(now - 1), at(now - {back}))
  end
  return wrk.format(nil, nil, nil, '{{"readings":[' .. table.concat(parts, ",") .. ']}}')
end
"""
)


@dataclass(frozen=True, slots=True)
class Load:
    """What a service bore.

    Attributes:
        rate: Answers a second.
        p99: 99th percentile of their milliseconds.
        answers: How many there were.
    """

    rate: float
    p99: float
    answers: int


def same(token: str, body: object) -> str:
    """A script that asks the same all the time."""
    return _SAME.format(token=token, body=json.dumps(body))


def readings(token: str, datasets: int, size: int) -> str:
    """A script that sends readings of many datasets, some of them in one request."""
    back = 7_200 + 1_000 * next(_LOADS)
    return _READINGS.format(token=token, size=size, datasets=datasets, back=back)


def asked(url: str, script: str, folder: Path, seconds: int) -> Load:
    """Ask, and count.

    Raises:
        RuntimeError: If an answer is an error.
    """
    file = folder / "ask.lua"
    file.write_text(script)
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s", "--latency"]
    said = subprocess.run([*command, "-s", str(file), url], check=True, capture_output=True, text=True).stdout
    rate, p99 = re.search(r"Requests/sec:\s+([\d.]+)", said), re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
    answers = re.search(r"(\d+) requests in", said)
    if "Non-2xx" in said or "Socket errors" in said or not (rate and p99 and answers):
        raise RuntimeError(said)
    return Load(float(rate[1]), float(p99[1]) * _UNITS[p99[2]], int(answers[1]))
