# Every command a person needs; each works from a fresh clone with Python 3.11 or later, git and make.
PYTHON ?= python3
BIN := .venv/bin
# What MLflow asks for and its server does without.
NOT_SERVED := scikit-learn scipy skops joblib threadpoolctl narwhals matplotlib contourpy cycler fonttools kiwisolver pillow pyparsing pyarrow prettytable wcwidth gunicorn waitress pywin32 docker

# The tests start hundreds of processes: each module is compiled once, whatever the environment says.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: install demo test pytest mlflow check bench chaos lock clean

install: .venv/.installed

.venv/.installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

.venv/.tested: requirements.lock tests/requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch .venv/.installed $@

.venv/.demo: .venv/.installed bot/demo/requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r bot/demo/requirements.lock
	touch $@

demo: .venv/.demo
	$(BIN)/ethixbot demo $(ARGS)

check: .venv/.tested
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

mlflow:
	@PYTHON=$(PYTHON) .ci/mlflow

pytest: .venv/.tested mlflow
	$(BIN)/python -m pytest -n 4 --dist worksteal

test: check pytest

bench: .venv/.tested
	$(BIN)/python -m tests.benchmarks

chaos: .venv/.tested
	$(BIN)/python -m tests.chaos $(ARGS)

lock:
	uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url --group build pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url --extra apprise --extra demo --extra fast --extra postgres --extra spark --group build --group test pyproject.toml -c requirements.lock -o tests/requirements.lock
	uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url --extra demo --group build pyproject.toml -c tests/requirements.lock -o bot/demo/requirements.lock

	uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url $(NOT_SERVED:%=--no-emit-package %) --python-version 3.11 tests/mlflow.in -o tests/mlflow.lock

clean:
	rm -rf .venv .mlflow
