"""The project file: found from anywhere, anchors every path, and never holds a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from featureguard.errors import ProjectError
from featureguard.project import Connection, Project, load_project
from featureguard.secret import SecretRef, inline_secret

FULL = """\
catalog: [contracts/, "package:team/contracts"]
store: sqlite:///.featureguard/store.db
enforcement: enforce
vars: {lake: data/lake}
connections:
  warehouse: {url: {env: WAREHOUSE_URL}}
  lake: {options: {region: eu-west-1, access_key: {env: LAKE_KEY}, anonymous: false}}
environments:
  prod: {vars: {lake: s3://lake}, store: {env: FEATUREGUARD_STORE}, enforcement: dry_run}
  replay:
    store: {url: "sqlite:///replay.db", simulated: true}
    connections: {warehouse: {url: {env: OTHER}}}
  empty:
"""


def project(folder: Path, text: str = FULL, environment: str | None = None) -> Project:
    (folder / "featureguard.yaml").write_text(text)
    return load_project(folder, {}, environment)


def refused(folder: Path, text: str) -> str:
    with pytest.raises(ProjectError) as error:
        project(folder, text)
    return str(error.value)


def test_an_empty_file_is_a_project_of_defaults(tmp_path: Path) -> None:
    found = project(tmp_path, "# nothing yet\n")
    assert found.catalog_places == (tmp_path / "contracts",)
    assert found.store_url({}) == f"sqlite:///{tmp_path}/.featureguard/store.db"
    assert (found.enforcement, found.simulated, dict(found.connections)) == ("enforce", False, {})


def test_the_file_is_found_from_a_folder_below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project(tmp_path)
    (tmp_path / "a/b").mkdir(parents=True)
    assert load_project(tmp_path / "a/b", {}).root == tmp_path
    monkeypatch.chdir(tmp_path / "a")
    assert load_project(None, {}).root == tmp_path


@pytest.mark.parametrize("name", ["", "featureguard.yaml"])
def test_the_environment_names_the_file_or_its_folder(tmp_path: Path, name: str) -> None:
    project(tmp_path)
    assert load_project(None, {"FEATUREGUARD_PROJECT": str(tmp_path / name)}).root == tmp_path


def test_an_argument_comes_before_the_environment(tmp_path: Path) -> None:
    project(tmp_path)
    assert load_project(tmp_path, {"FEATUREGUARD_PROJECT": "/nowhere"}).root == tmp_path
    assert load_project(tmp_path, {"FEATUREGUARD_ENV": "prod"}, "replay").environment == "replay"
    assert load_project(tmp_path, {"FEATUREGUARD_ENV": "prod"}).environment == "prod"


def test_without_a_file_the_error_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="Create one with 'featureguard init'"):
        load_project(tmp_path, {})
    with pytest.raises(ProjectError, match="There is no file or folder '/nowhere'"):
        load_project(None, {"FEATUREGUARD_PROJECT": "/nowhere"}, required=False)


def test_a_file_that_is_named_and_not_there_is_not_taken_from_above_it(tmp_path: Path) -> None:
    (tmp_path / "featureguard.yaml").write_text("catalog: [contracts/]\n")
    with pytest.raises(ProjectError, match=r"no file or folder '.*/other\.yaml'"):
        load_project(tmp_path / "other.yaml", {})


def test_a_project_can_do_without_a_file(tmp_path: Path) -> None:
    assert load_project(tmp_path, {}, required=False) == Project(root=tmp_path)
    with pytest.raises(ProjectError, match="could declare the environment 'prod'"):
        load_project(tmp_path, {}, "prod", required=False)


@pytest.mark.parametrize(
    ("place", "anchored"),
    [
        ("lake/flights/", "{root}/lake/flights"),
        ("/data/x", "/data/x"),
        ("s3://bucket/x", "s3://bucket/x"),
        ("file:///x", "file:///x"),
        ("sqlite:///store.db", "sqlite:///{root}/store.db"),
        ("sqlite+pysqlite:///a/b.db?timeout=5", "sqlite+pysqlite:///{root}/a/b.db?timeout=5"),
        ("sqlite:////data/store.db", "sqlite:////data/store.db"),
        ("sqlite://", "sqlite://"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("postgresql+psycopg://host/db", "postgresql+psycopg://host/db"),
    ],
)
def test_relative_paths_start_at_the_project(place: str, anchored: str) -> None:
    assert Project(root=Path("/home/me/p")).anchor(place) == anchored.format(root="/home/me/p")


def test_an_environment_overrides_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    prod, replay, empty = (project(tmp_path, environment=name) for name in ("prod", "replay", "empty"))
    assert (prod.vars["lake"], prod.enforcement, prod.store) == (
        "s3://lake",
        "dry_run",
        SecretRef("FEATUREGUARD_STORE"),
    )
    assert (replay.vars["lake"], replay.simulated) == ("data/lake", True)
    assert replay.connections["warehouse"] == Connection(SecretRef("OTHER"))
    assert replay.connections["lake"] == prod.connections["lake"]
    assert (empty.vars, empty.store) == ({"lake": "data/lake"}, "sqlite:///.featureguard/store.db")


def test_an_unknown_environment_suggests_a_known_one(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"unknown environment 'prd'\. Did you mean 'prod'"):
        project(tmp_path, environment="prd")
    with pytest.raises(ProjectError, match=r"unknown environment 'prod'\. The file declares none"):
        project(tmp_path, "vars: {a: b}", environment="prod")


def test_a_secret_is_asked_for_only_when_it_is_needed(tmp_path: Path) -> None:
    found = project(tmp_path, environment="prod")
    with pytest.raises(ProjectError, match="FEATUREGUARD_STORE is needed here but not set"):
        found.store_url({"FEATUREGUARD_STORE": ""})
    assert found.store_url({"FEATUREGUARD_STORE": "sqlite:///s.db"}) == f"sqlite:///{tmp_path}/s.db"
    options = found.connection_options({})
    assert list(options) == ["warehouse", "lake"]
    with pytest.raises(ProjectError, match="LAKE_KEY"):
        options["lake"]


def test_a_host_may_hand_secrets_in(tmp_path: Path) -> None:
    found = project(tmp_path)
    secrets = {"WAREHOUSE_URL": "postgresql://host/db", "LAKE_KEY": "k"}
    assert found.connection_url("warehouse", {"WAREHOUSE_URL": "old"}, secrets) == "postgresql://host/db"
    assert found.connection_options({}, secrets)["lake"] == {
        "region": "eu-west-1",
        "access_key": "k",
        "anonymous": False,
    }


def test_a_connection_that_cannot_be_used_says_why(tmp_path: Path) -> None:
    found = project(tmp_path)
    with pytest.raises(ProjectError, match=r"Unknown connection 'warehose'\. Did you mean 'warehouse'"):
        found.connection_url("warehose", {})
    with pytest.raises(ProjectError, match="Connection 'lake' has no address"):
        found.connection_url("lake", {})


def test_no_text_of_a_project_shows_a_secret(tmp_path: Path) -> None:
    environ = {"WAREHOUSE_URL": "hunter2", "LAKE_KEY": "hunter2"}
    found = project(tmp_path)
    assert (
        "hunter2" not in f"{found!r} {found.connection_options(environ)!r} {found.connections['warehouse']!r}"
    )


@pytest.mark.parametrize(
    "text",
    [
        "store: postgresql://me:hunter2@host/db",
        "store: {url: 'postgresql://host/db?password=hunter2'}",
        "vars: {lake: 's3://key:hunter2@bucket'}",
        "connections: {w: {url: 'https://host?sig=hunter2'}}",
        "connections: {w: {options: {secret_key: hunter2}}}",
        "connections: {w: {options: {endpoint: 'https://me:hunter2@host'}}}",
        "environments: {prod: {store: 'redis://:hunter2@host'}}",
        "store: {env: {hunter2: 1}}",
    ],
)
def test_inline_secrets_are_refused_and_never_repeated(tmp_path: Path, text: str) -> None:
    message = refused(tmp_path, text)
    assert "{env: NAME}" in message or "use a connection" in message
    assert "hunter2" not in message


@pytest.mark.parametrize(
    ("uri", "found"),
    [
        ("s3://bucket/a@b", ""),
        ("hdfs://host:8020/a@b", ""),
        ("https://me@host/x?page=5&api-key=1", "a secret ('api-key')"),
        ("s3://bucket?region=eu&allow_bucket_creation=1", ""),
        ("s3://bucket?secret_key=abc", "a secret ('secret_key')"),
        ("s3://bucket?password=", ""),
        ("plain/path", ""),
        ("abfs://me:pw@host/x", "a password"),
    ],
)
def test_what_looks_like_a_secret_in_an_address(uri: str, found: str) -> None:
    assert inline_secret(uri) == found


def test_every_problem_of_the_file_is_told_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "catalogue: [x]\nenforcement: dryrun\nvars: {a: 1}\nstore: {simulated: yes}\nvars: {b: c}\n"
    assert refused(tmp_path, text).splitlines() == [
        "featureguard.yaml:1: unknown key 'catalogue'. Did you mean 'catalog'?",
        "featureguard.yaml:2: 'enforcement': 'dryrun' is none of enforce, dry_run. Did you mean 'dry_run'?",
        "featureguard.yaml:3: 'vars.a': 1 is not text. Put it in quotes if it is meant as text.",
        "featureguard.yaml:4: 'url' is missing under 'store'.",
        "featureguard.yaml:4: 'store.simulated': 'yes' is neither true nor false."
        " Write one of these two words.",
        "featureguard.yaml:5: key 'vars' stands here and on line 3. Keep one of them.",
    ]


@pytest.mark.parametrize("text", ["- a", "a: [", "catalog: []", "vars:", "catalog: [a]\n---\nvars: {}", "5"])
def test_a_file_that_is_no_project_is_refused(tmp_path: Path, text: str) -> None:
    assert "featureguard.yaml:" in refused(tmp_path, text)
