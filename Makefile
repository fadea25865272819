# Kanvoy: two commands, `make demo` and `make test`. Everything else is a part of them.
# Each gate below has the name that CI, CONTRIBUTING.md and the decision records use.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Where it is set, every process compiles Litestar and SQLAlchemy anew: 4 s of CPU per start, and
# the suite starts a hundred (2026-11).
unexport PYTHONDONTWRITEBYTECODE

PY := .venv/bin/python
RUN := .venv/bin
# Two workers fit two cores; more only make the time-outs of the system tests tight.
WORKERS ?= 2
PYTEST := $(RUN)/pytest -n $(WORKERS) --dist loadgroup

# --- setting up ---------------------------------------------------------------

# `make demo` needs no test tools. A stamp makes the second run start at once.
.venv/.run-stamp: requirements/run.lock requirements/bootstrap.lock pyproject.toml tools/venv.sh
	@uv=$$(sh tools/venv.sh) && \
	$$uv pip install --quiet --python $(PY) --require-hashes -r requirements/run.lock && \
	KANVOY_SKIP_CLIENT=1 $$uv pip install --quiet --python $(PY) --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev-stamp: .venv/.run-stamp requirements/dev.lock
	@uv=$$(sh tools/venv.sh) && \
	$$uv pip install --quiet --python $(PY) --require-hashes -r requirements/dev.lock
	@touch $@

.PHONY: help setup build dev-client demo test check bench lock format clean

help: ## what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' Makefile

setup: .venv/.dev-stamp build ## environment, packages and built client; nothing is started

build: .venv/.run-stamp ## the browser client, when it changed
	@$(PY) -m tools.build_client

dev-client: build ## Vite with hot reload, beside a running `make demo`
	@$(PY) -m tools.node npm run dev

# --- running ------------------------------------------------------------------

demo: build ## a filled board on this machine
	@$(RUN)/kanvoy demo $(ARGS)

# --- gates --------------------------------------------------------------------

.PHONY: lint types imports protocols sizes trace rules addresses tenants client bundle gates

lint: .venv/.dev-stamp ## ruff: rules and format
	@$(RUN)/ruff check --quiet . && $(RUN)/ruff format --quiet --check .

types: .venv/.dev-stamp ## mypy --strict
	@$(RUN)/mypy --no-error-summary

imports: .venv/.dev-stamp ## who may import whom
	@$(RUN)/lint-imports --no-logo

protocols: .venv/.dev-stamp ## generated files are what the Structs say
	@$(PY) -m protocols.generate --check

sizes: .venv/.dev-stamp ## no module outgrows a reader
	@$(PY) -m tools.check_sizes

trace: .venv/.dev-stamp ## docs/ONE_MOVE.md tells the truth
	@$(PY) -m tools.check_trace

rules: .venv/.dev-stamp ## every rule of SPEC.md has a test
	@$(PY) -m tools.check_rules

addresses: .venv/.dev-stamp ## no registry host, no machine path
	@$(PY) -m tools.check_addresses

tenants: .venv/.dev-stamp ## every query on tenant data names its tenant
	@$(PY) -m tools.lint_tenant

client: .venv/.dev-stamp build ## types, imports and format of the browser client
	@$(PY) -m tools.node npm run --silent check

bundle: .venv/.dev-stamp build ## bytes that a browser loads first
	@$(PY) -m tools.check_bundle

gates: lint types imports protocols sizes trace rules addresses tenants client bundle

# The types of the server and those of the client need a core each.
ready: setup gates

# --- testing ------------------------------------------------------------------

test: ## all gates and all tests, with real PostgreSQL, Valkey and Chromium
	@$(MAKE) --no-print-directory -j $(WORKERS) ready
	@$(PY) -m tools.suite -n $(WORKERS) --dist loadgroup

check: ## gates and fast tests, before each commit
	@$(MAKE) --no-print-directory -j $(WORKERS) ready
	@$(PYTEST) -m "not system and not browser and not waits"

bench: setup ## budgets and peers, on a quiet machine; the result goes into docs/performance.md
	@$(PY) -m tests.bench.peers.install
	@$(PY) -m tests.bench all

# --- keeping house ------------------------------------------------------------

lock: .venv/.dev-stamp ## resolve again: requirements/*.lock and client/package-lock.json
	@uv=$$(sh tools/venv.sh) && PATH="$$(dirname $$uv):$$PATH" $(PY) -m tools.lock $(ARGS)
	@$(PY) -m tools.node npm install --package-lock-only --no-audit --no-fund

format: .venv/.dev-stamp build ## put Python and the client into shape
	@$(RUN)/ruff check --quiet --fix-only . ; $(RUN)/ruff format --quiet .
	@$(PY) -m tools.node npm run --silent format

clean: ## everything that can be built again, but not the environment
	@rm -rf server/web/static dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
