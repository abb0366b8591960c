# Everything that is done with this project. `make help` lists it.
#
# Needed: Python 3.11, 3.12 or 3.13, make and git. Every target makes the environment
# .venv from requirements.lock when it is missing or older than the lock.

PROFILE ?= quick
VENV    := .venv
BIN     := $(VENV)/bin
READY   := $(VENV)/.ready
AT_HOME := $(shell test "$$(cat $(VENV)/.place 2>/dev/null)" = "$$(pwd -P)" && echo yes)
# PyTorch has an environment of its own: only the bench needs it.
PYTORCH := _build/bench/pytorch/.ready

# The first Python in the range that pyproject.toml states.
PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11 python,\
  $(shell $p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $p)))

# These reach the recipes through the environment, so that no value needs quoting twice.
export PROFILE DATASET NOTEBOOK PARAMS WORKERS PUBLISH
# A caller's settings of Python must not leak into .venv.
unexport PYTHONPATH PYTHONHOME

.DEFAULT_GOAL := help
.PHONY: help study book test unit nbval references bench lab lint doctor lock clean distclean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'
	@printf '%s\n' '' \
	  'Variable of `make bench`: BENCH="--quick throughput" (options and parts)' \
	  'Variables of `make study`:' \
	  '  PROFILE=quick              smoke, quick or full (see study.yaml)' \
	  '  DATASET=mnist              mnist, digits or auto' \
	  '  NOTEBOOK=02_optimizers     only this notebook (several: separate by spaces)' \
	  '  PARAMS="epochs=3 seeds=[0,1]"   parameters of the notebooks' \
	  '  WORKERS=4                  training processes at a time' \
	  '  PUBLISH=1                  write to book/notebooks and runs, which are committed'

study: $(READY) ## run the study and compile its report
	@case "$$PUBLISH" in \
	  ''|0|no|false) publish= ;; \
	  1|yes|true) publish=--publish ;; \
	  *) echo "make: PUBLISH must be 1, yes, true, 0, no or false. Received:" \
	       "PUBLISH='$$PUBLISH'; leave it out to publish nothing" >&2; exit 2 ;; \
	esac; set -f; \
	$(BIN)/mnistlib study --profile "$$PROFILE" \
	  $${DATASET:+--dataset "$$DATASET"} $${PARAMS:+--params "$$PARAMS"} \
	  $${WORKERS:+--workers "$$WORKERS"} $$publish -- $$NOTEBOOK

book: $(READY) ## compile the committed, published notebooks (no training)
	@$(BIN)/mnistlib book

test: unit nbval ## the whole test suite

unit: $(READY) ## the tests of the library, the runner and the book
	$(BIN)/python -m pytest -n auto --maxprocesses 8 --dist loadfile --no-loadscope-reorder

nbval: $(READY) ## run the notebooks offline; compare their outputs with the references
	$(BIN)/python tests/run_nbval.py

bench: $(READY) $(PYTORCH) ## measure what training costs, beside Keras and PyTorch (an hour and a half)
	$(BIN)/python -m bench $(BENCH)

lab: $(READY) ## open JupyterLab on the notebooks
	$(BIN)/jupyter lab notebooks

lint: $(READY) ## check style and that the notebooks hold no outputs
	@PATH="$(CURDIR)/$(BIN):$$PATH" pre-commit run --all-files

doctor: $(READY) ## say what is installed, which data are there, what would run
	@$(BIN)/mnistlib doctor

references: $(READY) ## execute the notebooks that `make nbval` compares with, again
	$(BIN)/python tests/run_nbval.py --renew

lock: $(READY) ## resolve requirements.lock again from pyproject.toml
	$(BIN)/uv pip compile --universal --generate-hashes --no-header --no-emit-index-url \
	  --python-version 3.11 --all-extras --quiet pyproject.toml -o requirements.lock

clean: ## delete what was generated, except the run records and the environment
	find _build -mindepth 1 -maxdepth 1 ! -name runs -exec rm -rf {} + 2>/dev/null || true
	rm -rf .pytest_cache .ruff_cache .hypothesis book/_generated
	find mnistlib tests -name __pycache__ -type d -exec rm -rf {} +

distclean: clean ## also delete the run records and the environment
	rm -rf _build $(VENV) .uv mnistlib.egg-info

# The stamp is written last, so that an interrupted installation is done again. An environment
# knows its place, since its commands would go on running the library of the place before.
$(READY): requirements.lock pyproject.toml .ci/make_env $(if $(AT_HOME),,moved)
	@.ci/make_env "$(PYTHON)" $(VENV)
	@touch $@
.PHONY: moved
moved: ;

$(PYTORCH): bench/requirements-pytorch.txt $(READY)
	$(BIN)/python -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@
