.DEFAULT_GOAL := help
.PHONY: help demo run test test-long lint format bench up down audit lock clean
.SUFFIXES:
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
INSTALLED := .venv/installed
INSTALLED_DEV := .venv/installed-dev

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

demo: $(INSTALLED)  ## everything on this machine, then one referral's whole round trip, printed as it happens
	@$(BIN)/fascia demo

run: $(INSTALLED)  ## the same stack, kept up until Ctrl-C: pages at http://127.0.0.1:8080
	@$(BIN)/fascia run

test: $(INSTALLED_DEV)  ## every test, on a real RabbitMQ and a real PostgreSQL
	@$(BIN)/python -m pytest -m "not long" -n 2 --dist loadfile $(PYTEST)

test-long: $(INSTALLED_DEV)  ## the tests that take their time: faults, races, properties
	@$(BIN)/python -m pytest -m long $(PYTEST)

lint: $(INSTALLED_DEV)  ## style, types, and which room may use which
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(INSTALLED_DEV)  ## put the code into the house's style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(INSTALLED_DEV)  ## how fast it is, beside plain equivalents; figures in var/bench.json
	@$(BIN)/python -m bench

up:  ## the stack in docker-compose
	@tools/compose.sh up

down:  ## stop the stack in docker-compose
	@tools/compose.sh down

audit: $(INSTALLED_DEV)  ## known weaknesses in the packages that are used
	@$(BIN)/pip-audit --require-hashes --disable-pip -r requirements.lock

lock: $(INSTALLED_DEV)  ## pin the newest packages that pyproject.toml allows
	@tools/lock.sh

clean:  ## remove the environment and the state of the local stack
	@place=$$(readlink var/postgres/elsewhere 2>/dev/null) && rm -rf "$$place" "$$place-programs" || true
	@rm -rf .venv var

# A virtual environment knows its own path, so one that was moved is made again.
ifneq ($(shell cat .venv/made-in 2>/dev/null),$(CURDIR))
.PHONY: $(INSTALLED) $(INSTALLED_DEV)
endif

$(INSTALLED): requirements.lock
	@tools/environment.sh run

$(INSTALLED_DEV): requirements-dev.lock
	@tools/environment.sh dev
