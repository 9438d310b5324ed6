# Posthouse. `make` alone lists the commands.
#
# What a command needs is prepared first and only once: .make/ holds a file per finished step.

BIN     := .venv/bin
PAGE    := src/posthouse/servers/http/page
CORPORA ?= corpora
PIP     := $(BIN)/python -m pip --disable-pip-version-check --no-input

.DEFAULT_GOAL := help
.PHONY: help setup setup-tests run test check check-code check-page test-page test-corpora test-histories bench dev wheel lock clean
MAKEFLAGS += --no-print-directory
# Each process imports hundreds of modules: from sources alone that takes it much longer.
unexport PYTHONDONTWRITEBYTECODE

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

setup: .make/packages .make/compiled $(PAGE)/index.html ## Prepare all that running needs: .venv, packages, the page

setup-tests: setup .make/packages-dev .make/debian-packages ## … and all that checking and testing needs

run: setup ## Start Posthouse with a demonstration company (DATA=DIR for another data folder)
	$(BIN)/posthouse demo $(if $(DATA),--data "$(DATA)")

test: setup-tests ## Check everything, then run every test (ARGS="-k imap" for some)
	$(MAKE) --jobs=2 --output-sync check test-page
	scripts/test.sh $(ARGS)

check: check-code check-page ## Style, types, floors; nothing is run

check-code: setup-tests
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	scripts/check-addresses.sh

check-page: setup-tests
	scripts/npm.sh run check

test-page: setup-tests
	scripts/npm.sh test

test-corpora: setup-tests ## Real mail and suites from elsewhere (CORPORA=DIR)
	$(BIN)/pytest -m corpora --corpora="$(CORPORA)" $(ARGS)

test-histories: setup-tests ## N random histories of linked accounts (N=2000 SEED=1)
	POSTHOUSE_HISTORIES=$(or $(N),100) POSTHOUSE_HISTORIES_SEED=$(or $(SEED),0) \
	  $(BIN)/pytest src/posthouse/mail/accounts/tests/test_histories.py -q -s $(ARGS)

bench: setup-tests ## Measure us beside our peers (CORPORA=DIR: with letters of real mail)
	$(BIN)/python -m bench $(ARGS)

dev: setup-tests ## Posthouse and the page with live reload, on port 5173
	@$(BIN)/posthouse demo $(if $(DATA),--data "$(DATA)") & server=$$!; \
	trap 'kill $$server; wait $$server' EXIT; scripts/npm.sh run dev

wheel: setup ## A package in dist/ that contains the built page
	$(BIN)/python -m hatchling build -t wheel

lock: .make/packages-dev ## Pin requirements*.in again (ARGS=--upgrade for the newest)
	scripts/lock.sh $(ARGS)

clean: ## Remove what was made here; data folders stay
	rm -rf .venv .make dist $(PAGE) frontend/node_modules .mypy_cache .ruff_cache .pytest_cache
	rm -rf .hypothesis .import_linter_cache
	find src tests bench -name __pycache__ -prune -exec rm -rf {} +
	find src -name '*.so' -delete

# ---------------------------------------------------------------- steps

.make/venv: scripts/venv.sh
	scripts/venv.sh
	@mkdir -p .make && touch $@

.make/packages: .make/venv requirements.txt requirements-build.txt pyproject.toml
	$(PIP) install --quiet --require-hashes -r requirements.txt -r requirements-build.txt
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.make/compiled: .make/packages scripts/compile.py scripts/compiled.txt $(shell find src -name '*.py')
	$(BIN)/python scripts/compile.py
	$(BIN)/python -m compileall -q src
	@touch $@

.make/packages-dev: .make/packages requirements-dev.txt
	$(PIP) install --quiet --require-hashes -r requirements-dev.txt
	@touch $@

# After what may install Debian packages, too: make may be told to do two things at once.
.make/debian-packages: scripts/debian-packages.txt scripts/debian-packages.sh | .make/compiled
	scripts/debian-packages.sh test
	@mkdir -p .make && touch $@

.make/node-packages: .make/packages frontend/package.json frontend/package-lock.json
	scripts/npm.sh ci
	@touch $@

$(PAGE)/index.html: .make/node-packages $(shell find frontend/src frontend/public frontend/*.* -type f)
	scripts/npm.sh run build
	@touch $@
