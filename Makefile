SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --warn-undefined-variables

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UP ?=
BENCH ?=
TESTS ?= tests functions
PYTEST ?=
READY := $(VENV)/.ready
export PYTHONPATH := $(CURDIR):$(CURDIR)/gen/python

.PHONY: help setup run demo test check bench gen format clean lock

help: ## This list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /\1\t/' | expand -t 10

run: setup ## Set everything up, start the whole mesh, print its addresses; Ctrl-C stops it
	@exec $(BIN)/protomesh up $(UP)

demo: setup ## Start a throw-away mesh on free ports and walk through the story
	@exec $(BIN)/python -m tests.e2e.demo

test: setup ## Run every test; what the machine lacks is skipped by name
	@$(BIN)/python -m pytest $(TESTS) $(PYTEST)

check: setup ## Format, lint, types, import contracts, generated files, protos, policies
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/protomesh check --strict

bench: setup ## Run the benchmarks; BENCH=name runs one
	@$(BIN)/python -m bench $(BENCH)

gen: setup ## Write everything that follows from the contract anew
	@$(BIN)/protomesh gen

format: setup ## Format the code and mend what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: setup ## Choose the newest versions that pyproject.toml allows, with their hashes
	$(BIN)/uv pip compile --universal --all-extras --generate-hashes --no-emit-index-url --no-header \
	  --python-version 3.11 --upgrade --quiet pyproject.toml -o requirements.lock

clean: ## Remove the environment, caches and the state of the mesh
	rm -rf $(VENV) .mesh .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build src/*.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Protomesh needs Python 3.11 or newer; $(PYTHON) is older. Name another: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "This Python cannot make virtual environments. Run: sudo apt install python3-venv" >&2; exit 1; }
	@echo "Setting up (once): a virtual environment with the packages of requirements.lock" >&2
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
