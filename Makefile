# Whatever can be done here; `make` alone lists it. Needs Python ≥ 3.11, make and git.
PYTHON ?= python3
T ?= tests
BIN = .venv/bin
NODEMAILER = tests/corpus/nodemailer
HEADLESS = chromium-headless-shell
BROWSERS = chromium chromium-browser google-chrome google-chrome-stable

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install run test check fix bench lint browser mailers

help:
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

install: .venv/.installed ## make .venv with the portal command in it

run: install ## start everything here, with a Microsoft to play with
	$(BIN)/portal up --sandbox

# Hundreds of tests start the portal: it is compiled once, whatever this machine is told.
# Most wait for processes, sockets and the disk, so two cores have work for three at once.
test: export PYTHONDONTWRITEBYTECODE =
test: .venv/.equipped browser mailers ## run every test, or some: make test T=tests/mail
	$(BIN)/pytest -n 3 --dist loadgroup -rs $(T)

check: lint test ## everything that must hold before a commit lands

fix: .venv/.equipped ## format, and mend what a tool can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/.equipped ## measure what a message costs, large or behind a million
	$(BIN)/python -m benchmarks.growth
	$(BIN)/python -m benchmarks.scale
	$(BIN)/python -m benchmarks.memory
	$(BIN)/python -m benchmarks.crowd
	$(BIN)/python -m benchmarks.pages

lint: .venv/.equipped
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/deptry portal
	$(BIN)/djlint --lint --quiet templates portal

# uv is quicker, but does not know the mirrors that pip was told about.
fetch = { command -v uv >/dev/null && uv pip install --python $(BIN)/python -q $(1); } \
	|| $(BIN)/python -m pip install -q $(1)

.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or later is needed; try: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@

# The builder is locked too, so nothing is fetched that has no hash.
.venv/.installed: requirements.lock pyproject.toml .venv/.made
	$(call fetch,--require-hashes -r requirements.lock)
	$(call fetch,--no-deps --no-build-isolation -e .)
	@touch $@

.venv/.equipped: dev.lock .venv/.installed
	$(call fetch,--require-hashes -r dev.lock)
	@touch $@

# Debian's Chromium for root, who has apt-get; playwright's for everybody else. A shell
# of it is preferred: it takes less than half the work that a whole one does.
browser: .venv/.equipped
	@command -v $(HEADLESS) || \
	  $(foreach name,$(BROWSERS),command -v $(name) ||) \
	  { [ "$$(id -u)" = 0 ] && apt-get update -q && \
	    DEBIAN_FRONTEND=noninteractive apt-get install -qy \
	      --no-install-recommends $(HEADLESS) fonts-liberation; } || \
	  $(BIN)/playwright install --only-shell chromium || \
	  { echo "The tests need Chromium or Chrome; please install one."; exit 1; }

# Other programs' mail is in the tests too. Root has apt-get; where they cannot be
# installed, the tests that need them are skipped and say so; with CI set they fail, for
# nobody reads there what was skipped. Postfix is installed
# without a configuration, so that it does not run but where a test starts it; Dovecot
# without a protocol, so that it listens to nobody.
mailers:
	@wanted=""; \
	{ [ -e "$$(git --exec-path)/git-send-email" ] && \
	  perl -MMail::Address -MAuthen::SASL -e 1 2>/dev/null; } || \
	  wanted="git-email libmailtools-perl libauthen-sasl-perl"; \
	command -v npm >/dev/null || wanted="$$wanted nodejs npm"; \
	[ -x /usr/sbin/postfix ] || wanted="$$wanted postfix libsasl2-modules"; \
	[ -x /usr/sbin/dovecot ] || wanted="$$wanted dovecot-core"; \
	for each in curl msmtp; do \
	  command -v $$each >/dev/null || wanted="$$wanted $$each"; done; \
	[ -z "$$wanted" ] || { [ "$$(id -u)" = 0 ] && apt-get update -q && \
	  echo postfix postfix/main_mailer_type select No configuration \
	    | debconf-set-selections && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends \
	    $$wanted; } || echo "Tests with other programs' mail need:$$wanted"
	@[ $(NODEMAILER)/node_modules -nt $(NODEMAILER)/package-lock.json ] || \
	  ! command -v npm >/dev/null || { npm ci --silent --prefix $(NODEMAILER) && \
	    touch $(NODEMAILER)/node_modules; }
