# Everything is made with the Python of a virtual environment beside this file.

VENV ?= .venv
INI ?= development.ini
# The newest of these that is there and new enough; `make PYTHON=...` takes another.
PYTHON ?= $(shell for each in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	if $$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
	then echo $$each; break; fi; done)
BIN := $(VENV)/bin
CODE := dashboard tests alembic docs setup.py $(wildcard benchmarks)
# What to run instead of everything: `make test PYTEST_ARGS=tests/cli`.
PYTEST_ARGS ?=
PYTEST := $(BIN)/python -m pytest
# Most tests wait more than they compute: for a browser, a server, a database.
WORKERS ?= 4
# Tests that look at the clock run one at a time with nothing beside them.
ALONE := alone
# An address of PostgreSQL whose user may create databases; a part of the suite runs on it too.
# Unless one is given the tests have a server of their own, where PostgreSQL is installed.
SERVED := $(BIN)/python -m tests.support.cluster
POSTGRESQL ?= postgresql://postgres@127.0.0.1/postgres
ON_POSTGRESQL := tests/models tests/changes tests/catalog tests/queries tests/operations \
	tests/forms/test_store.py tests/forms/test_mapped_kinds.py \
	tests/views/test_throttle.py tests/flow/test_properties.py

.DEFAULT_GOAL := help
.PHONY: help run test coverage test-postgresql lint format bench bench-live screenshots dist clean

help: ## list what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.installed ## serve the flight board on http://127.0.0.1:6543
	@$(BIN)/dashboard init $(INI) --demo
	@echo
	@echo "Open http://127.0.0.1:6543/boards/operations and watch. Ctrl-C stops."
	@echo "Only the flights that are still to leave, in order:"
	@echo "  http://127.0.0.1:6543/tables/flights?status__in=scheduled,delayed&_sort=scheduled"
	@echo
	@exec $(BIN)/pserve $(INI)

test: $(VENV)/.testing lint ## check everything: lint, types, tests
ifeq ($(PYTEST_ARGS),)
	@$(SERVED) $(MAKE) --no-print-directory test-all
else
	$(PYTEST) $(PYTEST_ARGS)
endif

test-all:
	$(PYTEST) -n $(WORKERS) --dist loadfile -m "not $(ALONE)"
	@$(MAKE) --no-print-directory test-on-postgresql
	$(PYTEST) -m "$(ALONE)"

# What browsers go through is covered by other tests as well.
coverage: $(VENV)/.testing ## tell which lines and branches no test goes through
	@$(SERVED) $(PYTEST) --cov -n $(WORKERS) --dist loadfile -m "not browser"

# All of it: make test-postgresql ON_POSTGRESQL=tests
test-postgresql: $(VENV)/.testing ## check on PostgreSQL what differs between databases
	@$(SERVED) $(MAKE) --no-print-directory test-on-postgresql

test-on-postgresql:
	@if $(BIN)/python -m tests.support.services $(POSTGRESQL); then \
	DASHBOARD_TEST_DATABASE=$(POSTGRESQL) DASHBOARD_FLOW_EXAMPLES=5 \
	$(PYTEST) -n $(WORKERS) --dist loadfile -m "database and not $(ALONE)" $(ON_POSTGRESQL); fi

lint: $(VENV)/.testing ## check style, formatting, types and the direction of imports
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.testing ## put the code into shape
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

bench: $(VENV)/.testing ## compare event-stream servers on this machine
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	@$(BIN)/python -m benchmarks.fanout $(BENCH_ARGS)

bench-live: $(VENV)/.testing ## measure live queries of a table of a million rows
	@$(BIN)/python -m benchmarks.livequery $(BENCH_ARGS)

screenshots: $(VENV)/.testing ## take the pictures of docs/images anew
	$(BIN)/python docs/screenshots.py

dist: $(VENV)/.testing ## build the sdist and the wheel into dist/
	rm -rf build dist
	$(BIN)/python -m build

clean: ## remove the environment and what was built; databases stay
	rm -rf $(VENV) build dist *.egg-info .coverage .coverage.* htmlcov
	rm -rf .template_cache .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps: an environment is made again only when what the program needs has changed.

$(VENV)/.installed: setup.py | $(BIN)/python
	@echo "Installing what the program needs into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.testing: setup.py | $(BIN)/python
	@echo "Installing what the program and its tests need into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[testing]'
	@touch $@ $(VENV)/.installed

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and isn't on the path." >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "$(PYTHON) can't make virtual \
	environments: install its venv package (on Debian and Ubuntu: apt install python3-venv)." >&2; exit 1; }
	@echo "Making the virtual environment $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv $(VENV)
