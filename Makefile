# Two commands set up everything: `make demo` and `make test`. Nothing but Python 3.11+ and make is assumed.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.PHONY: help demo test lint install benchmark docs clean
help:
	@echo "make demo            the whole platform on a simulated business, then the Dagster UI (HEADLESS=1: no UI, exits)"
	@echo "make test            every test (ruff and mypy included)"
	@echo "make benchmark       document loading side by side with python-amazon-sp-api + pandas"
	@echo "make docs            regenerate docs/data-dictionary.md and the dbt sources from the registry"

$(STAMP): constraints.txt setup.cfg pyproject.toml
	@echo "Installing into $(VENV) (once; about a minute) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $(STAMP)

install: $(STAMP)

demo: $(STAMP)
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/spapi demo $(if $(HEADLESS),--headless,)

test: lint
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest -n 2 --dist loadgroup

lint: $(STAMP)
	@$(BIN)/ruff check .
	@$(BIN)/mypy

benchmark: $(STAMP)
	@$(BIN)/python -m benchmarks.documents

docs: $(STAMP)
	@$(BIN)/spapi docs

clean:
	rm -rf $(VENV) .demo build dist *.egg-info
