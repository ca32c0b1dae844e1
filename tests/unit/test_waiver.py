from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from featureguard.result import Code
from featureguard.waiver import NEVER_WAIVED, Waiver
from tests.decision_builders import NOON, waiver


def refusal(**parts: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        waiver(**parts)
    return str(caught.value)


def test_a_waiver_may_be_about_a_dataset_a_subject_or_one_under_the_other() -> None:
    assert waiver().subject is None
    assert waiver(dataset=None, subject="delays").dataset is None
    assert waiver(subject="delays").dataset == "flights"


def test_a_waiver_of_everything_is_refused() -> None:
    assert "names a dataset, a subject, or both" in refusal(dataset=None)


@pytest.mark.parametrize("code", sorted(NEVER_WAIVED))
def test_broken_evidence_cannot_be_waived(code: Code) -> None:
    assert f"{code.value} cannot be waived" in refusal(codes=["DATA_STALE", code])


def test_a_waiver_names_at_least_one_code_and_gives_a_reason() -> None:
    assert "codes" in refusal(codes=[])
    assert "reason" in refusal(reason="")


def test_a_waiver_ends_after_it_begins() -> None:
    assert "ends after it begins" in refusal(until=NOON)
    assert waiver(until=NOON + timedelta(microseconds=1)).until > NOON


def test_an_instant_without_a_zone_is_refused() -> None:
    assert "timezone" in refusal(since=NOON.replace(tzinfo=None))


def test_the_second_person_is_somebody_else() -> None:
    assert "somebody else" in refusal(approved_by="ana")
    assert waiver(approved_by="ben").approved_by == "ben"


def test_nobody_has_proved_who_they_are_unless_it_is_said() -> None:
    assert waiver().verified is False
    assert refusal(verified="yes")


def test_the_id_stays_when_a_waiver_is_revoked() -> None:
    revoked = waiver().model_copy(update={"revoked_at": NOON, "revoked_by": "ben"})
    assert revoked.id == waiver().id
    assert len(waiver().id) == 16


@pytest.mark.parametrize(
    "parts",
    [
        {"dataset": "weather"},
        {"codes": ["NULL_LIMIT"]},
        {"bound": 32_400},
        {"digests": {"flights": "a" * 64}},
        {"until": NOON + timedelta(days=2)},
        {"by": "ben"},
    ],
)
def test_whatever_was_given_is_part_of_the_id(parts: dict[str, Any]) -> None:
    assert waiver(**parts).id != waiver().id


def test_a_waiver_read_back_from_json_is_the_same() -> None:
    given = waiver(bound=32_400.5, subject="delays", column="dep_delay", ticket="OPS-7", approved_by="ben")
    assert Waiver.model_validate_json(given.model_dump_json()) == given
