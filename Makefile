# The targets are thin: tools/dev/ does the work. Everything it builds lies in .dev/.

.DEFAULT_GOAL := help

# The interpreter that runs tools/dev/. It finds the ones for ansible-core and for the services by itself, unless PYTHON
# names one. An interpreter counts only if it runs: a version manager's stand-ins are on PATH for versions not in use.
ifndef PYTHON
DRIVER := $(shell for p in python3.12 python3.13 python3.11 python3.14 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; done)
NO_DRIVER = Python 3.11 or newer is needed, and none was found on PATH: install one, or name it with PYTHON=/path/to/python3
else
DRIVER := $(shell $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1 && echo $(PYTHON))
NO_DRIVER = PYTHON=$(PYTHON) does not run, or is older than Python 3.10
endif
DEV = @$(if $(DRIVER),,$(error $(NO_DRIVER)))exec env PYTHONPATH=tools $(DRIVER) -m dev

# The variables of the command line reach tools/dev/ in the environment, where no shell and no make reads them again.
ifneq ($(origin ANSWER),undefined)
override ANSWER := $(value ANSWER)
export ANSWER
endif
export CORE DIALOGUES KEEP PYTHON QUICK SEED SLOW T

help: ## show this list
	@echo 'Usage: make TARGET [CORE=2.19] [PYTHON=/path/to/python3] [KEEP=1]'
	@echo
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1 /p' Makefile | while read -r target text; do printf '  %-18s %s\n' "$$target" "$$text"; done

demo: ## a dialogue on real services, at this terminal (ANSWER="hello" answers for you)
	$(DEV) demo

demo-down: ## stop the demo's sandbox and remove its state
	$(DEV) sandbox-down

sandbox: ## start the demo's sandbox only: a real Keystone, Zaqar and Mistral on this machine
	$(DEV) sandbox

sandbox-down: ## the same as demo-down
	$(DEV) sandbox-down

check: ## unit tests and linters: what every commit passes
	$(DEV) check

test: ## all tests (KEEP=1 leaves the test sandboxes running)
	$(DEV) test

test-full: ## the same, every integration target as a module as well, and make test-minimum
	$(DEV) test-full

test-sanity: ## ansible-test sanity, and nothing ignored
	$(DEV) test-sanity

test-unit: ## unit tests (T=tests/unit/... for some of them)
	$(DEV) test-unit

test-integration: ## integration tests against a sandbox of their own (T=zaqar_post for one target)
	$(DEV) test-integration

test-e2e: ## whole dialogues at a terminal, in ansible-runner, by FQCN (T=tests/e2e/... for some of them)
	$(DEV) test-e2e

test-minimum: ## unit and integration tests with the oldest ansible-core, Python 3.10 and the oldest clients (T=zaqar_post for one target)
	$(DEV) test-minimum

test-faults: ## 200 dialogues while services die and requests break (DIALOGUES=500, SEED=... repeats a run)
	$(DEV) test-faults

test-distributed: ## end-to-end tests on PostgreSQL, RabbitMQ and several processes of each service (T=..., DIALOGUES=..., SEED=... as above)
	$(DEV) test-distributed

bench: ## how fast it is beside what else does the same, into docs/benchmark (QUICK=1 or T=tasks: into .dev)
	$(DEV) bench

bench-scale: ## up to 1000 dialogues on three stacks, into docs/benchmark: takes hours (QUICK=1 or DIALOGUES=100: into .dev)
	$(DEV) bench-scale

lint: ## ruff, mypy, ansible-lint, yamllint, antsibull-docs, antsibull-changelog
	$(DEV) lint

build: ## build the collection's tarball in .dev/build
	$(DEV) build

lock: ## renew the locked versions in tests/requirements
	$(DEV) lock

clean: ## stop the sandboxes and remove .dev
	$(DEV) clean

.PHONY: help demo demo-down sandbox sandbox-down check test test-full test-sanity test-unit test-integration test-e2e test-minimum test-faults test-distributed bench bench-scale lint build lock clean
