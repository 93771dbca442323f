# make run          install what is missing into .venv, start the app, open a browser
# make test         lint, types, import rules and all tests
# make bench        timings against the bare library calls
# make format       apply ruff's fixes and formatting
# make translations bring pages/locale/*.po up to date with the source
# make screenshot   the pictures in docs/ from the running app
# make clean        remove .venv and caches
#
# PYTHON=python3.12, PORT=8600 and ADDRESS=0.0.0.0 (let a class in) can be given with each.

PYTHON  ?= python3
ADDRESS ?= 127.0.0.1
PORT    ?= 8501

VENV := .venv
BIN  := $(VENV)/bin
# --no-compile: half of the time; Python compiles what is imported, at the first start, and that is little of it.
PIP  := $(BIN)/python -m pip --disable-pip-version-check install --no-compile --progress-bar off

.PHONY: run test lint bench format translations screenshot clean
.DELETE_ON_ERROR:

run: $(VENV)/app-installed
	@$(BIN)/python -m pages.common.server --address $(ADDRESS) --port $(PORT) $(if $(CI),,--open)

# Stamps, not the folder: an install that was cut off runs again, a finished one costs nothing.
$(VENV)/app-installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "cnnviz needs Python 3.11 or newer; name one with: make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "Python cannot make a virtual environment yet. On Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
	@echo "Installing into $(VENV) (once, some minutes)"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/tests-installed: $(VENV)/app-installed tests/requirements.txt
	@$(PIP) --quiet -r tests/requirements.txt
	@touch $@

sudo := $(if $(filter 0,$(shell id -u)),,sudo -n )
debian_chromium = { command -v apt-get >/dev/null && $(sudo)apt-get update -q && \
  $(sudo)env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends chromium fonts-dejavu-core; }

# Debian's package, else Playwright's own download; with neither, the browser tests fail and say so.
$(VENV)/chromium: $(VENV)/tests-installed
	@$(BIN)/python -m tests.browser.chromium || $(debian_chromium) || $(BIN)/python -m playwright install chromium
	@$(BIN)/python -m tests.browser.chromium && touch $@

lint: $(VENV)/tests-installed
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

test: lint $(VENV)/chromium
	@$(BIN)/python -m pytest -n 2

bench: $(VENV)/chromium
	@$(BIN)/python -m pytest tests/benchmarks --benchmark-enable --dist=no -p no:randomly -s

format: $(VENV)/tests-installed
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

translations: $(VENV)/app-installed
	@$(BIN)/python -m tests.translations

screenshot: $(VENV)/chromium
	@$(BIN)/python -m tests.browser.screenshot docs/screenshot.png "/filters?chain=sobel_x"
	@$(BIN)/python -m tests.browser.screenshot docs/arithmetic.png "/arithmetic?step=5"
	@$(BIN)/python -m tests.browser.screenshot docs/frequency.png "/frequency?chain=sobel_x"
	@$(BIN)/python -m tests.browser.screenshot docs/architectures.png "/architectures?view=conv3_x,conv3_x.0~conv3_x.0~kind"
	@$(BIN)/python -m tests.browser.screenshot docs/training.png "/training?tab=draw"
	@$(BIN)/python -m tests.browser.screenshot docs/maps.png "/maps"

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .benchmarks
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
