# Thin: each target is one or two commands that work without make as well.
PYTHON ?= python3
BIN := .venv/bin
URL ?=
NAME ?=
DEPTH ?=
PAGES ?=
ABOUT ?=
ARGS ?=
BENCH ?= --profile --course 5000 --start
UPGRADE ?=
TEST_OPTIONS ?=
# The locks name every package, so nothing is to be resolved here, and nothing is taken whose hash they do not hold.
INSTALL := python -m pip install --quiet --disable-pip-version-check --no-deps
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command 'make lock' $(UPGRADE) pyproject.toml requirements.txt
# A checkout that is called kolcrawl would hide the package from a script in the folder above it: what setuptools
# installs is asked after the folders of Python's path, of which the checkout therefore is one.
export ON_PATH := import os, pathlib, sysconfig; \
	pathlib.Path(sysconfig.get_path('purelib'), 'kolcrawl-checkout.pth').write_text(os.getcwd())
# setuptools' box on editable installs frightens who sees it first, and tells nothing that concerns them.
export PYTHONWARNINGS := ignore:Editable installation
export URL NAME DEPTH PAGES ABOUT ARGS # in the environment, so that no character of it is read by the shell

# Node is only needed to build the page anew; users get it built.
.PHONY: crawl network page test setup lint bench messages lock clean

# A word that is misspelled is refused: make itself would take it for a variable of its own.
WORDS := URL NAME DEPTH PAGES ABOUT ARGS PYTHON BIN BENCH UPGRADE TEST_OPTIONS SHELL MAKE%
GIVEN := $(foreach name,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $(name)))),$(name)))
UNKNOWN := $(firstword $(filter-out $(WORDS),$(GIVEN)))
IN_CHINESE = $(shell case "$${KOLCRAWL_LANG:-$${LC_ALL:-$${LC_MESSAGES:-$$LANG}}}" in (zh*) echo yes;; esac)
NO_WORD_ZH = 没有 $(UNKNOWN)：make crawl 可用 URL、NAME、DEPTH、PAGES、ABOUT 和 ARGS
NO_WORD_EN = there is no $(UNKNOWN): make crawl takes URL, NAME, DEPTH, PAGES, ABOUT and ARGS
$(if $(UNKNOWN),$(error $(if $(IN_CHINESE),$(NO_WORD_ZH),$(NO_WORD_EN))))

# NAME is the database of an affair: MONGO_DATABASE.
IN_DATABASE = $(if $(strip $(NAME)),-s MONGO_DATABASE="$$NAME")

crawl: .venv/crawl        ## crawl from URL=..., into the database NAME=..., DEPTH=..., PAGES=..., ABOUT='...', ARGS='-a refresh=all'; without URL, a sample site
	@KOLCRAWL_BY_MAKE=1 $(BIN)/scrapy crawl $(if $(strip $(URL)),related -a url="$$URL",sample) $(IN_DATABASE) \
		$(if $(strip $(DEPTH)),-a depth="$$DEPTH") $(if $(strip $(PAGES)),-a max_pages="$$PAGES") $(if $(strip $(ABOUT)),-a about="$$ABOUT") \
		$(if $(filter command,$(firstword $(origin ARGS))),$$ARGS)

network: .venv/crawl      ## show the network in the browser, of the database NAME=...
	@$(BIN)/scrapy network $(IN_DATABASE)

page:                     ## build the page of `make network` from frontend/ (needs Node)
	cd frontend && npm ci --silent && npm run --silent build

# The tests wait for servers and processes half of their time: three processes for two cores.
TEST_PROCESSES = $(shell echo $$(( ($$(getconf _NPROCESSORS_ONLN) * 3 + 1) / 2 )))
test: .venv/all           ## run the whole test suite
	$(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadgroup $(TEST_OPTIONS)

setup: .venv/all          ## everything for crawls, tests and benchmarks

lint: .venv/all           ## format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: .venv/all          ## what a page costs, beside Scrapy itself; BENCH='--pages 100 --rounds 1' for a short form
	$(BIN)/python benchmarks/crawl.py $(BENCH)

messages: .venv/all       ## bring the catalogues of messages in step with the code; says what wants translating
	$(BIN)/python docs/make_messages.py

clean:                    ## remove the environment, keep the data in .kolcrawl
	rm -rf .venv build dist *.egg-info

lock: .venv/bin/uv        ## resolve the three locks from pyproject.toml; UPGRADE=--upgrade takes the newest versions
	$(COMPILE) --extra embedded --extra view -o requirements.lock
	$(COMPILE) --all-extras -c requirements.lock -o requirements-dev.lock
	$(COMPILE) --extra embedded --extra redis --extra scrapyd -c requirements-dev.lock -o deploy/scrapyd/requirements.lock

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "kolcrawl needs Python 3.11 or newer; say make PYTHON=python3.12")'
	@case "$${KOLCRAWL_LANG:-$${LC_ALL:-$${LC_MESSAGES:-$$LANG}}}" in zh*) echo '正在建立 .venv，只需一次，约一两分钟';; \
		*) echo 'setting up .venv, once; this takes a minute or two';; esac
	@$(PYTHON) -m venv .venv

.venv/bin/uv: .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9'

.venv/crawl: .venv/bin/python requirements.lock pyproject.toml
	$(BIN)/$(INSTALL) --require-hashes -r requirements.lock
	$(BIN)/$(INSTALL) --no-build-isolation -e .
	@$(BIN)/python -c "$$ON_PATH"
	@touch $@

.venv/all: .venv/crawl requirements-dev.lock
	$(BIN)/$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@
