# Every target that people and CI use. `make help` lists them.

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3.14 || command -v python3)
UV ?= uv
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
RUN := .venv/.installed-run
DEV := .venv/.installed-dev

# Real data for the tests that need it: named by the caller, else found beside the checkout, else those tests skip.
ifeq ($(strip $(HUYING_REAL_DATA)),)
  ifneq ($(wildcard ../shared/data/.),)
    export HUYING_REAL_DATA := $(abspath ../shared/data)
  endif
else
  override HUYING_REAL_DATA := $(abspath $(HUYING_REAL_DATA))
  export HUYING_REAL_DATA
endif
export PIP_ROOT_USER_ACTION := ignore
# Tests start many processes: compiled modules are kept, whatever the caller's shell says.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test test-full audit coverage shuffle lint fix build lock docs clean-room mechanisms prove prove-sabotage bench bench-growth clean
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "huying needs Python 3.11 or newer; name one with PYTHON=")'
	@echo "Making .venv"
	@$(PYTHON) -m venv .venv

$(RUN): requirements/run.txt pyproject.toml | .venv/bin/python
	@echo "Installing what huying needs to run (once; some minutes on a slow line)"
	@$(PIP) install --require-hashes --only-binary :all: -r requirements/run.txt
	@$(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@

$(DEV): requirements/dev.txt $(RUN)
	@echo "Installing what tests and checks need besides"
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

setup: $(DEV) ## make .venv with everything for running, testing and checking

demo: $(RUN) ## start the demo street on http://127.0.0.1:8000 (NOSERVE=1: only build it)
	@$(BIN)/huying demo $(if $(NOSERVE),--no-serve) $(DEMO)

test: $(DEV) ## run the tests (at most 10 minutes on 2 cores)
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow" --durations 20 -r fEs $(ARGS)

# With ARGS there may be no test of a kind (5). Files whose tests share what is costly to make stay on one process (by
# file: since pytest 9.2, xdist's groups have no effect, pytest-xdist issue 1386). What is timed is timed alone.
OR_NONE = || { [ $$? -eq 5 ] && [ -n "$(strip $(ARGS))" ]; }
test-full: $(DEV) ## run the tests that take longer
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "slow and not alone and not one_process" --durations 20 -r fEs $(ARGS) $(OR_NONE)
	$(BIN)/python -m pytest -n 2 --dist loadfile -m one_process --durations 5 -r fEs $(ARGS) $(OR_NONE)
	$(BIN)/python -m pytest -n 0 -m alone -r fEs $(ARGS) $(OR_NONE)

# Each check on a line of its own, so that its name is seen when it fails.
lint: $(DEV) ## check style, types, layers, translations, built files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/djlint src --lint --quiet
	$(BIN)/lint-imports --no-cache
	$(BIN)/python tools/check_tree.py
	$(BIN)/python tools/translations.py --check
	$(BIN)/python tools/build_manifest.py --check

audit: $(DEV) ## look for weak code (bandit) and for licences that do not fit
	$(BIN)/python -m tools.audit

# Both processes of the tests write figures of their own; threads and what a test starts by Python are counted too.
coverage: $(DEV) ## measure branch coverage of actions, rules, queries and scope: at least 95 %
	@mkdir -p build/coverage
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow and not browser" --ignore tests/prove \
	  --cov --cov-report= --cov-fail-under=0 $(ARGS)
	$(BIN)/python -m coverage report

# In another order each time: SEED=123 plays one again, WHAT=tests everything.
shuffle: $(DEV) ## run the tests of WHAT (tests/cases) in another order, TIMES times; prints each seed
	@set -e; for run in $$(seq $(or $(TIMES),1)); do \
	  seed=$(or $(SEED),$$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')); echo "run $$run, seed $$seed"; \
	  $(BIN)/python -m pytest -n 2 --dist load -m "not slow" -r f -p randomly --randomly-seed=$$seed $(or $(WHAT),tests/cases) \
	    $(ARGS); \
	done

fix: $(DEV) ## mend what can be mended by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

build: $(DEV) ## build styles and scripts (needs Node 20 or newer)
	cd frontend && npm ci && npm run build
	$(BIN)/python tools/build_manifest.py

docs: $(DEV) ## write the generated pages of docs/reference
	$(BIN)/python -m huying.config.env > docs/reference/settings.md
	$(BIN)/python tools/state_docs.py
	$(BIN)/python tools/openapi.py
	$(BIN)/python tools/security_docs.py
	$(BIN)/python tools/components_page.py

lock: ## pin all requirements with hashes (needs uv and Node)
	$(UV) pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate requirements/run.in -o requirements/run.txt
	$(UV) pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate requirements/triage.in -c requirements/run.txt -o requirements/triage.txt
	$(UV) pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate requirements/dev.in -c requirements/run.txt -o requirements/dev.txt
	cd frontend && npm install --package-lock-only

clean-room: ## clone HEAD into an empty folder, with empty caches and without Node: make demo, make test
	@$(PYTHON) tools/clean_room.py

mechanisms: $(DEV) ## print each mechanism that works from beginning to end: id, doors, roles, moves
	@$(BIN)/python -m pytest -m mechanism -n 0 -q --no-header --mechanisms

PROVERS := crash dup race sim access guards fuzz text upload tamper restore migrate privacy web soak

prove: $(PROVERS:%=prove-%) ## run every prover in full; each goes on where it stopped (hours)

prove-sabotage: $(DEV) ## break one real thing after another: every prover has to turn red
	@for one in $(PROVERS); do for broken in $$($(BIN)/python -m prove $$one --sabotage list | cut -d' ' -f1); do \
	  if $(BIN)/python -m prove $$one --sabotage $$broken --record; then echo "$$one stays green with $$broken" >&2; exit 1; fi; \
	done; done

$(PROVERS:%=prove-%): prove-%: $(DEV)
	@$(BIN)/python -m prove $* --full $(ARGS)

# The machine must do nothing else meanwhile. ARGS="--cases 20000 --rounds 3 --seconds 4 desk_list mine" measures a part.
bench: $(DEV) ## measure every door over 100,000 cases against what this server can do (40 minutes)
	@$(BIN)/python -m bench $(ARGS) > /dev/null

bench-growth: $(DEV) ## the same doors over 1,000,000 cases against 100,000 (two hours)
	@$(BIN)/python -m bench growth $(ARGS) > /dev/null

clean: ## remove what was installed and built here; the data folder stays
	rm -rf .venv build .mypy_cache .ruff_cache .import_linter_cache .hypothesis test-results frontend/node_modules
	find src -name '*.egg-info' -type d -prune -exec rm -rf {} +
