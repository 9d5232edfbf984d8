# Two commands do it all: `make site` builds this repository's catalog, `make test` runs every test.
PYTHON ?= python3
BIN := .venv/bin
# The host's own variables and --base-url say where the site will stand; see README.md.
ARGS ?=

.PHONY: site test check format bench clean

site: .venv/site
	$(BIN)/ota-site build content -o _site $(ARGS)

test: .venv/test check
	sh tests/prepare
	$(BIN)/python -m pytest $(ARGS)

# What a reviewer would otherwise have to say.
check: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/test
	$(BIN)/python -m tests.bench

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "ota-site needs Python 3.11 or later; name one with make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
	    { test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -qq -y python3-venv; } || \
	    { echo "Python's venv module is missing; on Debian: sudo apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip

.venv/site: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

.venv/test: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable . --group test --group check
	@touch $@ .venv/site

clean:
	rm -rf .venv _site ._site.ota-site tests/node_modules
