# Needs GNU make, a POSIX shell and Python 3.11 or newer with its venv module. Everything else is installed into .venv,
# at the versions and hashes of requirements/.

VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime
TEST := $(VENV)/.test

PYTHONS := $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11)
USABLE := import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))

# Twice quiet: errors are shown, advice is not. Bytecode is made now, for starts that may not be allowed to write it.
PIP := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check --no-input
INSTALL := $(PIP) install --require-hashes

UV_VERSION := 0.13.9
UV := $(VENV)/uv-$(UV_VERSION)/bin/uv
LOCK := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate $(if $(UPGRADE),--upgrade)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help serve install test lint format coverage contract bench docs lock clean

help: ## what this list shows
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1 \2/p' $(firstword $(MAKEFILE_LIST)) | \
	while read -r target text; do printf '  make %-10s %s\n' "$$target" "$$text"; done

serve: $(RUNTIME) ## install what is missing, then run Keystead on http://127.0.0.1:8080
	@exec $(BIN)/keystead serve

install: $(RUNTIME) ## make .venv with Keystead and what it needs
	@:

test: lint ## check everything: lint, types, imports and tests; ARGS="-k tokens" goes to pytest
	@rm -f .coverage .coverage.*
	@$(BIN)/python -m pytest --cov --cov-report=term:skip-covered $(ARGS)

lint: $(TEST) ## check style, types and the directions of imports
	@echo 'Checking style, types and imports'
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet || { echo 'Run `make format`.' >&2; exit 1; }
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo >$(VENV)/imports.txt || { cat $(VENV)/imports.txt >&2; exit 1; }

format: $(TEST) ## put the code into shape
	@$(BIN)/ruff check --quiet --fix-only
	@$(BIN)/ruff format --quiet

coverage: $(TEST) ## run the tests and write htmlcov/index.html, line by line
	@rm -f .coverage .coverage.*
	@$(BIN)/python -m pytest --cov --cov-report=html $(ARGS)

contract: $(TEST) ## run the tests that a real client makes against a running server
	@$(BIN)/python -m pytest tests/contract $(ARGS)

bench: $(TEST) ## measure how many tokens one core grants in a second
	@$(BIN)/python -m bench.token

docs: $(RUNTIME) ## write the pages that are made from the code
	@$(BIN)/keystead settings --markdown >$(VENV)/settings.md
	@mv $(VENV)/settings.md docs/reference/settings.md

lock: $(UV) ## write requirements/ anew from pyproject.toml; UPGRADE=1 takes the newest versions
	@$(LOCK) pyproject.toml --output-file requirements/runtime.txt
	@$(LOCK) --group build --constraint requirements/runtime.txt --output-file requirements/build.txt
	@$(LOCK) pyproject.toml --group test --constraint requirements/runtime.txt --output-file requirements/test.txt

clean: ## remove .venv and what tools left behind; ./var, where the data is, stays
	@rm -rf $(VENV) .coverage .coverage.* htmlcov .mypy_cache .ruff_cache .import_linter_cache .hypothesis

# A Python that is missing, or was removed from under its .venv, is found anew and everything with it.
ifeq ($(realpath $(BIN)/python),)
.PHONY: $(VENV)/pyvenv.cfg
endif

$(VENV)/pyvenv.cfg:
	@for candidate in $(PYTHONS); do \
		if "$$candidate" -c '$(USABLE)' >/dev/null 2>&1; then \
			echo "Making $(VENV) with $$("$$candidate" --version)"; \
			exec "$$candidate" -m venv --clear $(VENV); \
		fi; \
	done; \
	echo 'Keystead needs Python 3.11 or newer with its venv module (Debian, Ubuntu: python3-venv):' \
		'none of "$(PYTHONS)" is that; name one with `make PYTHON=…`.' >&2; \
	exit 1

$(RUNTIME): $(VENV)/pyvenv.cfg requirements/runtime.txt requirements/build.txt pyproject.toml
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
	@echo 'Installing Keystead and what it needs'
	@$(INSTALL) -r requirements/runtime.txt -r requirements/build.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(TEST): $(RUNTIME) requirements/test.txt
	@echo 'Installing what the tests need'
	@$(INSTALL) -r requirements/test.txt
	@touch $@

$(UV): $(VENV)/pyvenv.cfg
	@echo 'Installing uv $(UV_VERSION)'
	@$(BIN)/python -m venv --clear $(VENV)/uv-$(UV_VERSION)
	@$(VENV)/uv-$(UV_VERSION)/bin/python -m pip --quiet --quiet --disable-pip-version-check --no-input install uv==$(UV_VERSION)
