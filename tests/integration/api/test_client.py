"""The client and the command on the real API."""

from __future__ import annotations

import asyncio

import pytest

from featureguard.access import Scope
from featureguard.cli.app import run
from featureguard.client import AsyncClient, Client
from featureguard.errors import UsageError
from featureguard.result import Code
from tests.integration.api.conftest import Api


def test_the_client_says_what_the_gate_says(asked: Api) -> None:
    with Client(str(asked.client.base_url), asked.token(Scope.GATE)) as client:
        first = client.decide("pricing", "train", key="tonight")
        assert (first.allowed, first.reached, first.stale) == (True, True, False)
        again = client.decide("pricing", "train", key="tonight")
        assert (again.id, again.repeated) == (first.id, True)
        asked.world.go_stale()
        asked.refresh()
        assert client.preview("pricing", "train").decision.reasons[0].code is Code.DATA_STALE
        confirmed = client.confirm(str(first.id), subject="pricing", action="train")
        assert (confirmed.allowed, confirmed.exit_code) == (False, 1)
        assert client.decision(str(first.id))["by"] == "ci"
        assert [one["dataset"] for one in client.datasets()] == ["rides"]
        assert client.dataset("rides")["state"] == "stale"
        assert len(client.incidents()["groups"]) == 1
        with pytest.raises(UsageError, match="Did you mean 'rides'"):
            client.dataset("ridez")


def test_the_asynchronous_client_says_the_same(small: Api) -> None:
    async def ask() -> list[object]:
        async with AsyncClient(str(small.client.base_url)) as client:
            first = await client.decide("pricing", "train")
            confirmed = await client.confirm(str(first.id), subject="pricing", action="train")
            preview = await client.preview("pricing", "train")
            names = [one["dataset"] async for one in client.datasets()]
            read = (
                await client.decision(str(first.id)),
                await client.dataset("rides"),
                await client.incidents(),
            )
            return [first.allowed, confirmed.allowed, preview.allowed, names, len(read)]

    assert asyncio.run(ask()) == [True, True, True, ["rides"], 3]


@pytest.mark.parametrize("how", [[], ["--preview"], ["--key", "tonight"], ["--json"]])
def test_the_command_ends_as_it_does_without_the_api(
    small: Api, how: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    url = str(small.client.base_url)
    question = ["gate", "pricing", "--for", "train", "--api", url, *how]
    assert run(question) == 0
    assert "allow" in capsys.readouterr().out
    small.world.go_stale()
    small.refresh()
    if how != ["--key", "tonight"]:
        assert run(question) == 1
        assert "DATA_STALE" in capsys.readouterr().out


def test_the_command_says_when_nobody_answers(small: Api, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["gate", "pricing", "--for", "train", "--api", "http://127.0.0.1:1"]) == 4
    assert "GATE_UNREACHABLE" in capsys.readouterr().out
    url = str(small.client.base_url)
    assert run(["gate", "pricin", "--for", "train", "--api", url]) == 2
    assert run(["gate", "pricing", "--for", "train", "--api", url, "--now", "2026-01-01T00:00Z"]) == 2
    assert "service's project and clock" in capsys.readouterr().err


def test_the_command_sends_the_token_of_the_environment(
    small: Api, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    token = small.token(Scope.GATE)
    question = ["gate", "pricing", "--for", "train", "--api", str(small.client.base_url)]
    assert run(question) == 2
    assert "Authorization: Bearer" in capsys.readouterr().err
    monkeypatch.setenv("FEATUREGUARD_TOKEN", token)
    assert run(question) == 0
