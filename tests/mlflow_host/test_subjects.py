"""Which subject a model is, and which keys name what is decided about it; needs no MLflow."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureguard.errors import UsageError
from featureguard.mlflow.places import Place, Version, folded
from featureguard.mlflow.subjects import NoSubjectError, subject_of
from featureguard.protected import Protected

PRICES = Protected("prices", {"mlflow": "pricing", "feast": "shop.prices_v1"})
ETA = Protected("eta")
SERVED = {"feast.feature_service": "prices_v1", "feast.project": "shop"}


def test_a_subject_that_names_the_model_goes_before_one_of_the_same_name() -> None:
    found = subject_of([Protected("pricing"), PRICES], "pricing", {})
    assert (found.subject, found.by) == ("prices", "alias")


def test_a_model_is_the_subject_of_its_own_name() -> None:
    assert subject_of([PRICES, ETA], "eta", SERVED).by == "name"


@pytest.mark.parametrize("alias", ["shop.prices_v1", "prices_v1"])
def test_a_model_is_the_subject_that_its_feature_service_is(alias: str) -> None:
    found = subject_of([Protected("prices", {"feast": alias}), ETA], "new_model", SERVED)
    assert (found.subject, found.by) == ("prices", "lineage")


def test_a_service_of_another_project_is_another_service() -> None:
    with pytest.raises(NoSubjectError, match=r"'other\.prices_v1'"):
        subject_of([PRICES], "new_model", {**SERVED, "feast.project": "other"})


def test_the_subject_that_the_caller_names_goes_before_everything() -> None:
    assert subject_of([PRICES, ETA], "pricing", SERVED, wanted="eta").by == "option"
    with pytest.raises(UsageError, match=r"no subject 'etta'.*Did you mean 'eta'"):
        subject_of([PRICES, ETA], "pricing", {}, wanted="etta")


def test_nobody_says_what_to_write() -> None:
    with pytest.raises(NoSubjectError, match=r"aliases: \{mlflow: eta_v2\}.*--subject"):
        subject_of([PRICES], "eta_v2", {})
    with pytest.raises(NoSubjectError, match=r"aliases: \{feast: shop.other\}"):
        subject_of([PRICES], "eta_v2", {**SERVED, "feast.feature_service": "other"})


def test_two_subjects_about_one_model_are_refused() -> None:
    twice = [PRICES, Protected("prices_again", {"mlflow": "pricing"})]
    with pytest.raises(UsageError, match=r"'prices' and 'prices_again'.*in one of them"):
        subject_of(twice, "pricing", {})
    served = [PRICES, Protected("prices_again", {"feast": "shop.prices_v1"})]
    with pytest.raises(UsageError, match=r"feature service 'shop\.prices_v1'"):
        subject_of(served, "new_model", SERVED)


TEXTS = st.text(min_size=1, max_size=100)


@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_a_key_fits_the_store_and_is_ascii(model: str, alias: str, action: str, attempt: str) -> None:
    key = Place(Version(model, "9999999999", 1), "alias", alias).key(action, attempt)
    assert key.isascii()
    assert len(key) <= 200
    assert Place.number_in(key) == "9999999999"


@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_two_places_never_share_a_key(one: str, other: str, alias: str, another: str) -> None:
    first, second = (one, alias), (other, another)
    made = [Place(Version(model, "1", 1), "alias", name).prefix for model, name in (first, second)]
    assert (made[0] == made[1]) == (first == second)
    assert not (made[0].startswith(made[1]) and first != second)


def test_a_namesake_that_was_made_anew_has_other_keys() -> None:
    before = Place(Version("pricing", "1", 1_000, "s3://a"), "alias", "champion").prefix
    assert Place(Version("pricing", "1", 2_000, "s3://a"), "alias", "champion").prefix != before
    assert Place(Version("pricing", "1", 1_000, "s3://b"), "alias", "champion").prefix != before


@pytest.mark.parametrize("name", ["Champion", "CHAMPION", "châmpion", "\uff43hampion", " champion "])
def test_what_a_database_may_take_for_the_same_alias_is_the_same(name: str) -> None:
    assert folded(name) == "champion"
