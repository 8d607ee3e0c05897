# Two commands set up everything: `make demo` and `make test`. Nothing but Python 3.11+ and make is assumed.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PEERS  := .venv-peers
STAMP  := $(VENV)/.installed

.PHONY: help demo test lint install benchmark peers docs clean
help:
	@echo "make demo            the whole platform on a simulated business, then the Dagster UI (HEADLESS=1: no UI, exits)"
	@echo "make test            every test (ruff and mypy included)"
	@echo "make benchmark       document loading side by side with python-amazon-sp-api + pandas and Airbyte's decoder"
	@echo "make peers           what the benchmark needs of Airbyte, in an environment of its own"
	@echo "make docs            regenerate the data dictionary and the dbt sources from the registry"

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

# Airbyte's connector pins other versions than ours. The benchmark runs without it where it cannot be installed.
peers: $(PEERS)/.installed

$(PEERS)/.installed: benchmarks/peers_constraints.txt
	@echo "Installing Airbyte's connector into $(PEERS) (once; half a minute) ..."
	@$(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --constraint $< \
		airbyte-source-amazon-seller-partner airbyte-cdk pyarrow
	@touch $@

benchmark: $(STAMP)
	@$(MAKE) --no-print-directory peers || { rm -rf $(PEERS); \
		echo "Airbyte's connector could not be installed (see above); the benchmark goes on without it."; }
	@$(BIN)/python -m benchmarks.documents
	@$(BIN)/python -m benchmarks.json_documents
	@$(BIN)/python -m benchmarks.small_documents

docs: $(STAMP)
	@$(BIN)/spapi docs

clean:
	rm -rf $(VENV) $(PEERS) .demo build dist *.egg-info
