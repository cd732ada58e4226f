# `make demo` runs the pipeline from nothing, `make test` the tests; both make their own environment first.

PYTHON ?= python3
VENV := .venv
STAMP := $(VENV)/.stamp
BIN := $(CURDIR)/$(VENV)/bin
RUN := $(BIN)/python -m

# Stage commands and MLflow's server look programs up on the PATH.
export PATH := $(BIN):$(PATH)
export UV_COMPILE_BYTECODE := 1
# OpenMP threads that spin while they wait make a training step 4 times slower beside one other busy process.
export OMP_WAIT_POLICY := PASSIVE
export MLFLOW_DISABLE_TELEMETRY := true
export MLFLOW_UV_AUTO_DETECT := false
export MLFLOW_LOG_UV_FILES := false
export DVC_NO_ANALYTICS := true
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# uv from the PATH, else one of our own; its cache goes beside it where the home folder cannot be written.
UV = $$(command -v uv || echo $(CURDIR)/.uv/bin/uv)
CACHE = mkdir -p "$${UV_CACHE_DIR:-$${XDG_CACHE_HOME:-$$HOME/.cache}/uv}" 2>/dev/null || export UV_CACHE_DIR=$(CURDIR)/.uv/cache

.DEFAULT_GOAL := help
.PHONY: help env demo test test-all lint bench base-weights lock system clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 16

env: $(STAMP) ## make .venv from requirements.lock.txt

$(STAMP): requirements.lock.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "rehead needs Python 3.11 or newer: make PYTHON=/path/to/python3.11")'
	@command -v uv >/dev/null || test -x .uv/bin/uv || { $(PYTHON) -m venv .uv && .uv/bin/pip install --quiet uv; }
	@test -x $(VENV)/bin/python || { $(CACHE); $(UV) venv --quiet --python "$$(command -v $(PYTHON))" $(VENV); }
	@$(CACHE); $(UV) pip sync --python $(VENV)/bin/python --require-hashes requirements.lock.txt
	@$(CACHE); $(UV) pip install --quiet --python $(VENV)/bin/python --no-deps --no-build-isolation -e .
	@touch $@

demo: env ## run the whole pipeline and say where its results are
	@$(BIN)/rehead params
	$(BIN)/dvc repro
	@$(BIN)/rehead summary

test: env ## run the fast tests
	$(RUN) pytest

MARKS ?= not bench and not gpu
test-all: env system ## run the fast, slow and system tests
	$(RUN) pytest -m "$(MARKS)"

lint: env ## check style, types and the direction of imports
	ruff check
	ruff format --check
	mypy
	lint-imports

bench: env ## measure speeds into reports/bench
	$(RUN) pytest -m bench

EMBEDDED := src/rehead/detector/embedded
base-weights: env ## train the embedded base checkpoint anew by the pipeline itself, in a clone (about an hour)
	rm -rf build/base && git clone --quiet . build/base
	cp $(EMBEDDED)/params.yaml build/base/params.yaml
	cd build/base && PYTHONPATH=$(CURDIR)/build/base/src $(BIN)/dvc repro evaluate
	$(RUN) rehead.detector.embedding build/base/data/detector/trained $(EMBEDDED)

lock: env ## resolve pyproject.toml into requirements.lock.txt (names and hashes, no addresses)
	@$(CACHE); $(UV) pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
		--extra dev pyproject.toml -o requirements.lock.txt
	@! grep -n '://' requirements.lock.txt

# The system tests use real servers. Where apt-get may not install them, the tests themselves say what is missing.
system:
	@missing=; ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$$missing postgresql"; \
	command -v chromium >/dev/null || missing="$$missing chromium"; \
	command -v cron >/dev/null || missing="$$missing cron"; \
	if [ -n "$$missing" ]; then \
		as=; [ "$$(id -u)" = 0 ] || as="sudo -n"; \
		{ $$as apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$as apt-get install -y -qq --no-install-recommends $$missing; } \
			>/dev/null || echo "could not install:$$missing" >&2; \
	fi

clean: ## remove environments and caches; data/ and reports/ stay
	rm -rf $(VENV) .uv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dvc_plots
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
