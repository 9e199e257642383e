# Midwatch. Needs python3 (3.11 or newer) with pip, and nothing else.
.PHONY: run setup test soak mutants bench lock

# How long the soak lasts, in seconds. CI runs a sample: SECONDS=180
SECONDS ?= 1800
UV ?= uv

# The whole portal, until Ctrl-C.
run:
	@python3 portal/bootstrap.py run

# The environment in .venv, with what the tests need.
setup:
	@python3 portal/bootstrap.py setup

# Whoever is done first takes tests over from the other: the longest ones stand together.
test: setup
	@.venv/bin/python -m pytest -n 2 --dist worksteal $(ARGS)

# Faults, fuzzing and races; in half an hour or more also what the tests would not notice.
soak: setup
	@MIDWATCH_SOAK_SECONDS=$(SECONDS) .venv/bin/python -m pytest -m soak $(ARGS)
	@if [ $(SECONDS) -ge 1800 ]; then $(MAKE) --no-print-directory mutants; fi

# Change the code of the watch in small ways, one at a time: at least nine in ten must make a test fail. It takes as
# long as it takes; PARTS="deadlines sweep" chooses.
mutants: setup .mutmut/installed
	@PYTHONPATH=$(CURDIR)/.mutmut .venv/bin/python -m tests.soak.mutants $(PARTS)

# What changes the code stands apart from the environment of the tests: see requirements/mutants.in.
.mutmut/installed: requirements/mutants.txt
	@rm -rf $(@D)
	@python3 -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary=:all: --target $(@D) -r $<
	@touch $@

# Every figure that an issue names, one JSON line each.
bench: setup
	@set -e; for script in $(wildcard tests/bench/*.py); do .venv/bin/python -m $$(echo $${script%.py} | tr / .); done

# Lock files that hold for every platform and name no hosts.
lock:
	@cd requirements && for name in base dev mutants; do \
	  $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $$name.in -o $$name.txt; done
