# Everything runs from virtual environments that this file makes from hashed locks.
# `make` lists the targets.

PYTHON ?= python3
PYTEST_ARGS ?= -n auto
UV_VERSION := 0.13.9
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# pip's settings for installs outside a virtual environment would break one.
unexport PIP_USER PIP_TARGET PIP_PREFIX PIP_REQUIRE_HASHES PYTHONPATH PYTHONHOME VIRTUAL_ENV
# uv has its own name for a package mirror; a mirror given to pip serves it too.
ifneq ($(PIP_INDEX_URL),)
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif

BIN := .venv/bin

# $(call install,ENVIRONMENT,LOCK): the locked packages, then the project itself, editable.
define install
	$(1)/bin/uv pip install --quiet --python $(1)/bin/python --require-hashes -r $(2)
	$(1)/bin/uv pip install --quiet --python $(1)/bin/python --no-deps --no-build-isolation --editable .
endef

.PHONY: help
help: ## list the targets
	@sed -nE 's/^([a-z.][a-z0-9.-]*):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 22

.PHONY: .venv
.venv: .venv/.core ## make .venv with what users get: the core, service and client, and the demo's data

.PHONY: dev
dev: .venv/.dev ## make .venv with all extras and all development tools

.PHONY: demo
demo: .venv/.core ## run the demo (needs no extra but its data and the API)
	$(BIN)/featureguard demo

.PHONY: feast-flights
feast-flights: .venv/.dev ## run the example with Feast and MLflow, from offline rows to a refused promotion
	$(BIN)/python examples/feast_flights/run.py

.PHONY: test
test: .venv/.dev ## run the tests with all extras installed
	$(BIN)/pytest $(PYTEST_ARGS)

.PHONY: lint
lint: .venv/.dev ## check format, style, types and import rules
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

# What no extra could change, and takes long: laws of pure logic, stores and races for them, rules, damaged files.
BARE_ARGS := --ignore=tests/laws $(addprefix --ignore=tests/integration/,crash store publish) \
	--ignore-glob='tests/integration/test_deciding*' \
	$(patsubst %,--ignore=tests/integration/test_%.py,races settling hostile_parquet)

.PHONY: check-bare
check-bare: .venv-bare/.bare ## run the tests where no extra is installed, but for what none could change
	.venv-bare/bin/pytest $(PYTEST_ARGS) $(BARE_ARGS)

.PHONY: check
check: lint test check-bare ## lint, test, check-bare: all that a change must pass

# What draws its cases at random, many times over.
DRAWN := tests/laws tests/integration/crash tests/integration/test_hostile_parquet.py \
	tests/integration/api/test_schema.py tests/integration/api/test_hand_corpus.py tests/unit/suites

.PHONY: e2e
e2e: .venv/.dev ## run the end-to-end tests, and all trials of what `make test` tries in part
	$(BIN)/pytest tests/e2e
	FEATUREGUARD_THOROUGH=1 $(BIN)/pytest -m long tests
	FEATUREGUARD_THOROUGH=1 $(BIN)/pytest $(PYTEST_ARGS) $(DRAWN)

.PHONY: bench
bench: .venv/.dev ## run the benchmarks
	$(BIN)/python -m benchmarks

.PHONY: format
format: .venv/.dev ## format the code and apply the safe fixes
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

.PHONY: docs
docs: .venv/.dev ## write docs/codes.md and docs/alerts.md anew from the code
	$(BIN)/python -c "from pathlib import Path; from featureguard.codes import to_markdown; \
		Path('docs/codes.md').write_text(to_markdown(), encoding='utf-8')"
	$(BIN)/python -c "from pathlib import Path; from featureguard.publish.runbooks import with_alerts; \
		page = Path('docs/alerts.md'); \
		page.write_text(with_alerts(page.read_text(encoding='utf-8')), encoding='utf-8')"

# The smaller locks are held to the versions of the largest, so that one environment can serve all.
COMPILE = $(BIN)/uv pip compile pyproject.toml --quiet --universal --generate-hashes --no-emit-index-url \
	--custom-compile-command 'make lock'

.PHONY: lock
lock: .venv/.uv ## resolve the locks anew (UPGRADE=--upgrade for newer versions)
	$(COMPILE) $(UPGRADE) --all-extras --group dev --group bench -o requirements-dev.lock
	$(COMPILE) -c requirements-dev.lock --extra demo --extra api --extra client --group build -o requirements.lock
	$(COMPILE) -c requirements-dev.lock --group build --group test -o requirements-bare.lock

.PHONY: clean
clean: ## remove the environments, caches and builds
	rm -rf .venv .venv-bare .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps: each is newer than what it was made from.
.venv/.uv .venv-bare/.uv: Makefile
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "featureguard needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	touch $@

.venv/.core: .venv/.uv requirements.lock pyproject.toml
	$(call install,.venv,requirements.lock)
	touch $@

.venv/.dev: .venv/.uv requirements-dev.lock pyproject.toml
	$(call install,.venv,requirements-dev.lock)
	touch $@

.venv-bare/.bare: .venv-bare/.uv requirements-bare.lock pyproject.toml
	$(call install,.venv-bare,requirements-bare.lock)
	touch $@
