# Everything a person needs to run: `make run`, `make test`, `make ui`. Only python3 (3.11+) and make must be there.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
AS_OF  ?=
BENCH  ?=
# One process more than processors: a third of what tests take is waiting, for servers, a JVM, a disk.
JOBS   ?= $(shell expr 1 + $$(getconf _NPROCESSORS_ONLN))
WORLDS ?= 10000
PROFILE ?= many
RECIPE ?= ecommerce

# Where Python is told not to write bytecode, every start would compile some 3,000 modules: a third of a small run.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test test-fast test-long test-wide coverage services clients ui check lint docs pictures accessibility \
  example every-source recipe bench bench-smoke clean
.DEFAULT_GOAL := run

# One stamp per set of extras: a second call finds it and installs nothing.  What is imported is compiled when it is.
INSTALL := $(BIN)/python -m pip install --quiet --no-compile --constraint constraints.txt --editable

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) .
	touch $@

$(VENV)/examples.stamp: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) '.[examples]'
	touch $@ $(VENV)/run.stamp

$(VENV)/test.stamp: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) '.[test,examples]'
	touch $@ $(VENV)/run.stamp $(VENV)/examples.stamp $(VENV)/docs.stamp

$(VENV)/coverage.stamp: $(VENV)/test.stamp
	$(INSTALL) '.[test,examples,coverage]'
	touch $@

$(VENV)/docs.stamp: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) '.[docs]'
	touch $@ $(VENV)/run.stamp

$(VENV)/pictures.stamp: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) '.[pictures]'
	touch $@ $(VENV)/run.stamp

run: $(VENV)/run.stamp                 ## run everything on data/raw; AS_OF=2026-06-30 picks the day
	$(BIN)/segmentation run $(if $(AS_OF),--as-of $(AS_OF))

ui: $(VENV)/run.stamp                  ## open the Dagster UI on http://127.0.0.1:3000
	$(BIN)/segmentation ui

check: $(VENV)/run.stamp               ## validate the configuration
	$(BIN)/segmentation check

services:                              ## what tests need beside Python: PostgreSQL's server programs and Java 17
	scripts/test_services.sh
	scripts/test_java.sh

clients: $(VENV)/test.stamp            ## what BI tools read with, in the versions that tests open the published file by
	scripts/bi_clients.sh $(BIN)/python

# Tests of one file share runs and so a process; what takes longest is begun first.
PYTEST := $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder --durations=15

test: services clients                 ## everything that protects behaviour, in JOBS=N processes
	$(PYTEST) -m "not long and not wide"

test-fast: $(VENV)/test.stamp          ## what is done in three minutes: no whole run, no service
	$(PYTEST) -m "not slow"

test-long: services $(VENV)/test.stamp ## the same ideas further: more histories, Spark in more rooms, nights in a row
	$(PYTEST) -m long

test-wide: services $(VENV)/test.stamp ## as far as they go, before a release: whole projects on Spark, WORLDS=10000, many examples
	MESSY_WORLDS=$(WORLDS) $(PYTEST) -m "wide or hypothesis" --hypothesis-profile=$(PROFILE)

coverage: $(VENV)/coverage.stamp       ## which lines the fast tests do not run
	$(PYTEST) -m "not slow" --cov --cov-report=term-missing:skip-covered

lint: $(VENV)/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/docs.stamp               ## the documentation as a site that opens from disk: build/site/index.html
	$(BIN)/python scripts/docs_site.py

pictures: $(VENV)/pictures.stamp docs  ## the pictures of the documentation, taken anew of a run of the sample; needs chromium
	$(BIN)/python -m scripts.pictures

accessibility: $(VENV)/pictures.stamp run docs ## the report and the documentation by axe-core; needs chromium
	$(BIN)/python -m scripts.accessibility

example: $(VENV)/examples.stamp        ## the whole pipeline on the public Complete Journey data
	$(BIN)/segmentation --project examples/complete_journey run

every-source: $(VENV)/run.stamp        ## the sample retailer with every source the pipeline understands
	$(BIN)/segmentation generate --sources all --out examples/every_source/data/raw
	$(BIN)/segmentation --project examples/every_source run

recipe: $(VENV)/run.stamp              ## a recipe on generated data; RECIPE=saas picks one of docs/recipes
	$(BIN)/segmentation generate --sources all --out examples/$(RECIPE)/data/raw
	$(BIN)/segmentation --project examples/$(RECIPE) run

bench: $(VENV)/test.stamp              ## all benchmarks; BENCH="--only full,daily --record" passes options
	$(BIN)/python -m benchmarks $(BENCH)

bench-smoke: $(VENV)/test.stamp        ## every benchmark at 2,000 customers, to see that they work
	$(BIN)/python -m benchmarks --customers 2000 --share 0.01 --years 1 --years 2 --days 3 $(BENCH)

clean:                                 ## remove everything that was made; sources and config stay
	rm -rf $(VENV) data/warehouse.* data/published data/audiences data/data_docs data/dagster data/landing data/tmp data/writer.* data/alerts.* \
	  examples/*/data build .cache .bi_clients *.egg-info .coverage* .pytest_cache .mypy_cache .ruff_cache .hypothesis
