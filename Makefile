# Every target makes .venv by itself; nothing outside this directory is touched, but for the Debian packages that
# "make test" and "make lab" install when they may.

BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check install

.DEFAULT_GOAL := help
.PHONY: help demo test thorough bench lint lab screenshots films docs wheel pyz lock clean

help:
	@echo "make demo          the program on an embedded world: needs Python 3.11 or newer and nothing else"
	@echo "make test          all tests; installs the Debian packages of the real stack when it may"
	@echo "make thorough      the tests that take minutes each: a thousand killed writes, hundreds of races"
	@echo "make bench         measures, prints a table and keeps it in bench.json"
	@echo "make lint          ruff and mypy"
	@echo "make lab           Apache httpd, mod_jk, three Tomcats and sshd on this machine, and the program on them"
	@echo "make screenshots   the pictures in screenshots/, from the program itself"
	@echo "make films         the films there: the program on its embedded world, at its real pace"
	@echo "make docs          docs/configuration.md: what the code expects of each key"
	@echo "make wheel         dist/: the wheel and the source distribution"
	@echo "make pyz           dist/isdeploy-tui.pyz: everything in one file, for a bastion without internet"
	@echo "make lock          requirements.lock: exact versions and hashes; ARGS=--upgrade takes the newest"
	@echo "make clean         removes .venv and everything else that was made here"

demo: .venv/.for-use
	@$(BIN)/isdeploy-tui demo $(ARGS)

test: .venv/.for-tests
	@.ci/packages
	$(BIN)/python -m pytest -q -m "not lab" -n 3 $(ARGS)
	$(BIN)/python -m pytest -q -m lab $(ARGS)

thorough: .venv/.for-tests .venv/.for-release
	@.ci/packages
	$(BIN)/python -m pytest -q -m thorough $(ARGS)

# For example ARGS=roll: that one alone.
bench: .venv/.for-tests
	@.ci/packages
	@$(BIN)/python -m tests.bench $(ARGS)

lint: .venv/.for-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# For example ARGS=--serve: the stack alone, for a second terminal.
lab: .venv/.for-tests
	@.ci/packages
	@$(BIN)/python -m tests.lab.open $(ARGS)

screenshots: .venv/.for-tests
	$(BIN)/python -m tests.screenshots $(ARGS)

films: .venv/.for-tests
	$(BIN)/python -m tests.cast $(ARGS)

docs: .venv/.for-use
	@$(BIN)/python -m release.make_docs

wheel: .venv/.for-release
	$(BIN)/python -m build $(ARGS)

pyz: .venv/.for-release
	@$(BIN)/python release/make_pyz.py $(ARGS)

lock: .venv/.for-release
	@$(BIN)/python release/make_lock.py $(ARGS)

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@PYTHON="$(PYTHON)" .ci/make-venv

.venv/.for-use: pyproject.toml | .venv/bin/python
	@echo "Installing the program into .venv …"
	@$(PIP) -e .
	@touch $@

.venv/.for-tests: pyproject.toml | .venv/bin/python
	@echo "Installing the program and its test tools into .venv …"
	@$(PIP) -e '.[dev]'
	@touch .venv/.for-use $@

.venv/.for-release: pyproject.toml | .venv/bin/python
	@echo "Installing the release tools into .venv …"
	@$(PIP) -e '.[release]'
	@touch .venv/.for-use $@
