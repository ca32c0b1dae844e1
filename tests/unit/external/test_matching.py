import pytest

from featureguard.contract import Contract
from featureguard.external.matching import Datasets
from featureguard.external.reported import Named, Skipped, Why

MODEL = Named("model.shop.orders", "orders")
SOURCE = Named("source.shop.raw.orders", "orders")


def dataset(name: str, dbt: str | None = None, **aliases: str) -> Contract:
    keys = {**aliases, **({"dbt": dbt} if dbt else {})}
    return Contract.model_validate({"dataset": name, "owner": "me@example.org", "aliases": keys})


def find(named: Named, *contracts: Contract, also: tuple[Named, ...] = ()) -> str | Why:
    found = Datasets("dbt", contracts, [named, *also]).find(named, "unique_orders_id")
    return found.why if isinstance(found, Skipped) else found


@pytest.mark.parametrize(
    ("contract", "found"),
    [
        (dataset("orders"), "orders"),
        (dataset("shop.orders"), "shop.orders"),
        (dataset("rides", "orders"), "rides"),
        (dataset("rides", "model.shop.orders"), "rides"),
        (dataset("rides"), Why.NO_DATASET),
        (dataset("order"), Why.NO_DATASET),
        (dataset("rides", gx="orders"), Why.NO_DATASET),
        (dataset("orders", "model.shop.other"), Why.NO_DATASET),  # its alias says that it is something else
    ],
)
def test_an_alias_decides_and_else_the_last_part_of_the_name(contract: Contract, found: str | Why) -> None:
    assert find(MODEL, contract) == found


@pytest.mark.parametrize("second", [dataset("eu.orders"), dataset("rides", "orders")])
def test_a_name_that_fits_two_datasets_fits_none(second: Contract) -> None:
    assert find(MODEL, dataset("shop.orders"), second) is Why.AMBIGUOUS


def test_a_full_alias_wins_over_a_name() -> None:
    contracts = dataset("rides", "model.shop.orders"), dataset("orders")
    assert find(MODEL, *contracts) == "rides"
    assert find(SOURCE, *contracts, also=(MODEL,)) == "orders"


@pytest.mark.parametrize("contract", [dataset("orders"), dataset("rides", "orders")])
def test_a_short_name_that_two_nodes_share_tells_nothing(contract: Contract) -> None:
    assert find(MODEL, contract, also=(SOURCE,)) is Why.AMBIGUOUS
    assert find(SOURCE, contract, also=(MODEL,)) is Why.AMBIGUOUS


def test_a_full_alias_chooses_between_nodes_of_one_name() -> None:
    contract = dataset("orders", SOURCE.id)
    assert find(SOURCE, contract, also=(MODEL,)) == "orders"
    assert find(MODEL, contract, also=(SOURCE,)) is Why.NO_DATASET


def test_two_datasets_with_the_same_full_alias_are_ambiguous() -> None:
    assert find(MODEL, dataset("a", MODEL.id), dataset("b", MODEL.id)) is Why.AMBIGUOUS


def test_the_hint_can_be_copied_into_the_contract() -> None:
    found = Datasets("dbt", [], [MODEL]).find(MODEL, "unique_orders_id")
    assert isinstance(found, Skipped)
    assert "'aliases: {dbt: model.shop.orders}'" in found.hint
