"""The catalog: every place is read, every name is checked, every problem is told at once."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from featureguard.catalog import Catalog, load_catalog, load_contract
from featureguard.contract import Contract, External, ParquetConfig, Subject
from featureguard.errors import ContractError
from featureguard.lineage import Kind

GOOD = Path(__file__).parents[1] / "conformance/good_contracts"


def write(folder: Path, **files: str) -> Path:
    """Write `name.yaml` for every keyword; `__` parts folders."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def rides(**promises: object) -> str:
    lines = "".join(f"{key}: {value}\n" for key, value in promises.items())
    return f"dataset: rides\nowner: me@example.org\n{lines}"


def problems(folder: Path, **options: object) -> list[str]:
    with pytest.raises(ContractError) as refused:
        load_catalog([folder], **options)  # type: ignore[arg-type]
    return [problem.message for problem in refused.value.problems]


def path_of(folder: Path, variables: dict[str, str]) -> str:
    source = load_catalog([folder], variables).contracts["rides"].source
    assert isinstance(source, ParquetConfig)
    return source.path


def test_the_five_lines_of_the_readme_are_a_contract() -> None:
    catalog = load_catalog([GOOD / "shortest.yaml"])
    assert catalog.contracts["flights"].tier == 2
    assert catalog.subjects == {}


def test_the_full_example_loads_with_its_subject_and_lineage() -> None:
    catalog = load_catalog([GOOD / "full.yaml"])
    assert list(catalog.contracts) == ["flights", "weather"]
    assert catalog.lineage.closure("departure_delay") == ("raw.flights", "flights", "weather")
    assert catalog.lineage.kinds["raw.flights"] is Kind.EXTERNAL
    assert catalog.origins["departure_delay"] == (_label(GOOD / "full.yaml"), 23)


def _label(path: Path) -> str:
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def test_a_folder_is_read_in_full_but_for_what_is_hidden(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        b="dataset: b\nowner: o",
        deep__a="dataset: a\nowner: o",
        **{".git__c": "no", "deep__.d": "no"},
    )
    (folder / "notes.txt").write_text("not a contract")
    (folder / "e.yml").write_text("dataset: e\nowner: o")
    assert list(load_catalog([folder]).contracts) == ["a", "b", "e"]


def test_several_places_make_one_catalog_and_a_file_counts_once(tmp_path: Path) -> None:
    write(tmp_path, one__a="dataset: a\nowner: o\nupstream: [b]", two__b="dataset: b\nowner: o")
    catalog = load_catalog([tmp_path / "one", tmp_path / "two", tmp_path / "two/b.yaml"])
    assert catalog.lineage.closure("a") == ("b",)


def test_an_installed_package_is_a_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, team_contracts__data__rides=rides())
    (tmp_path / "team_contracts/__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    catalog = load_catalog(["package:team_contracts/data"])
    assert catalog.origins == {"rides": ("package:team_contracts/data/rides.yaml", 1)}


@pytest.mark.parametrize("place", ["nowhere", "package:no_such_package_at_all/x", "package:"])
def test_a_place_that_is_not_there_is_a_problem(place: str) -> None:
    with pytest.raises(ContractError, match=r"no such file or folder|no package"):
        load_catalog([place])


def test_a_linked_file_is_read_and_a_linked_circle_is_not_followed(tmp_path: Path) -> None:
    folder = write(tmp_path / "contracts", a="dataset: a\nowner: o")
    (folder / "b.yaml").symlink_to(write(tmp_path / "elsewhere", b="dataset: b\nowner: o") / "b.yaml")
    (folder / "circle").symlink_to(folder)
    assert list(load_catalog([folder]).contracts) == ["a", "b"]


def test_an_empty_folder_is_an_empty_catalog(tmp_path: Path) -> None:
    assert load_catalog([tmp_path]) == Catalog()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("${lake}/rides", "s3://lake/rides"),
        ("/data/${lake_2}", "/data/b"),
        ("$${lake}/$5", "${lake}/$5"),
        ("${lake_2}${lake_2}", "bb"),
    ],
)
def test_variables_are_filled_into_the_path(tmp_path: Path, written: str, read: str) -> None:
    folder = write(tmp_path, a=rides(source=f"{{kind: parquet, path: '{written}'}}"))
    assert path_of(folder, {"lake": "s3://lake", "lake_2": "b"}) == read


def test_variables_are_filled_in_nowhere_else(tmp_path: Path) -> None:
    folder = write(tmp_path, a=rides(description="'${lake}'"))
    assert load_catalog([folder], {"lake": "x"}).contracts["rides"].description == "${lake}"


def test_an_unknown_variable_names_the_known_ones(tmp_path: Path) -> None:
    folder = write(tmp_path, a=rides(source="{kind: parquet, path: '${x}/${lake'}"))
    assert problems(folder, variables={"lake": "a", "year": "b"}) == [
        "unknown variable 'x'. Known: lake, year.",
        "'${' is not closed. Write '${name}', or '$${' for the characters themselves.",
    ]
    assert problems(folder)[0] == "unknown variable 'x'. The project declares no variables ('vars')."


def test_a_secret_that_comes_with_a_variable_is_refused_and_never_shown(tmp_path: Path) -> None:
    folder = write(tmp_path, a=rides(source="{kind: parquet, path: '${lake}/rides'}"))
    [message] = problems(folder, variables={"lake": "s3://key:hunter2@bucket"})
    assert "a password stands in this path" in message
    assert "hunter2" not in message


def test_connections_are_checked_where_they_are_known(tmp_path: Path) -> None:
    folder = write(tmp_path, a=rides(source="{kind: parquet, path: x, connection: warehose}"))
    assert load_catalog([folder]).contracts
    assert problems(folder, connections=["warehouse"]) == [
        "unknown connection 'warehose'. Did you mean 'warehouse'?"
    ]
    assert problems(folder, connections=[]) == [
        "unknown connection 'warehose'. The project declares no connections."
    ]


def test_problems_of_all_files_come_together_in_the_order_of_the_files(tmp_path: Path) -> None:
    write(tmp_path, a="dataset: a\nowner: 1", b="dataset: b", c="dataset: c\nowner: o\nupstream: [x]")
    with pytest.raises(ContractError) as refused:
        load_catalog([tmp_path])
    assert [(problem.name, problem.line, problem.field) for problem in refused.value.problems] == [
        ("a", 2, "owner"),
        ("b", 1, "owner"),
        ("c", 3, "upstream[0]"),
    ]


def test_a_broken_contract_still_holds_its_name_for_those_who_need_it(tmp_path: Path) -> None:
    write(tmp_path, a="dataset: a\nowner: o\nupstream: [b]", b="dataset: b\nowner: 1")
    assert problems(tmp_path) == ["1 is not text. Put it in quotes if it is meant as text."]


def test_no_name_is_called_unknown_while_a_file_cannot_be_read(tmp_path: Path) -> None:
    write(tmp_path, a="dataset: a\nowner: o\nupstream: [b]", b="dataset: [b")
    assert len(problems(tmp_path)) == 1


def test_a_contract_with_countless_problems_tells_the_first(tmp_path: Path) -> None:
    write(tmp_path, a=rides(**{f"key_{i}": 1 for i in range(200)}))
    assert len(found := problems(tmp_path)) == 51
    assert found[-1] == "and 150 more problems."


def test_one_contract_of_a_file_can_be_read_alone(tmp_path: Path) -> None:
    text = rides(upstream="[unheard_of]", source="{kind: parquet, path: '${lake}/x'}")
    write(tmp_path, a=f"{text}---\nsubject: s\nowner: o\n")
    found = load_contract(tmp_path / "a.yaml")
    assert found.source == ParquetConfig(path="${lake}/x")
    assert load_contract(tmp_path / "a.yaml", {"lake": "y"}).source == ParquetConfig(path="y/x")


@pytest.mark.parametrize("text", ["subject: s\nowner: o\n", f"{rides()}---\ndataset: b\nowner: o\n", ""])
def test_a_file_of_no_or_several_contracts_is_not_one(tmp_path: Path, text: str) -> None:
    write(tmp_path, a=text)
    with pytest.raises(ContractError, match="one contract is expected here"):
        load_contract(tmp_path / "a.yaml")


def test_a_missing_file_is_a_contract_error() -> None:
    with pytest.raises(ContractError, match="cannot be read: No such file"):
        load_contract(Path("nowhere.yaml"))


def test_values_built_in_python_are_cross_checked_too() -> None:
    flights = Contract(dataset="flights", owner="o", upstream=(External(external="raw"),))
    model = Subject(subject="model", owner="o", requires=("flights",))
    assert Catalog.from_contracts([flights], [model]).lineage.closure("model") == ("raw", "flights")
    with pytest.raises(ContractError, match=r"Contract 'model': 'requires\[0\]': no contract is called"):
        Catalog.from_contracts([], [model])
    with pytest.raises(ContractError, match=r"already taken \(Python\)"):
        Catalog.from_contracts([flights, flights])
