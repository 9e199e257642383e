# Midwatch. Needs python3 (3.11+) with pip, nothing else. `make run` is the whole portal; Ctrl-C stops it.
.PHONY: run setup test soak bench lock

SECONDS ?= 1800

run:
	@python3 portal/bootstrap.py run

setup:
	@python3 portal/bootstrap.py setup

test: setup
	@.venv/bin/python -m pytest -n 2 $(ARGS)

# Faults, fuzzing and races for SECONDS seconds. CI runs a sample: make soak SECONDS=180
soak: setup
	@MIDWATCH_SOAK_SECONDS=$(SECONDS) .venv/bin/python -m pytest -m soak -n 0 tests/soak $(ARGS)

# Every figure the issues name, one JSON line each.
bench: setup
	@set -e; for script in tests/bench/*.py; do .venv/bin/python "$$script"; done

# Locks that hold for every platform and name no hosts. Needs uv; set UV to its path.
UV ?= uv
lock:
	@cd requirements && for name in base dev; do \
	  $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $$name.in -o $$name.txt; done
