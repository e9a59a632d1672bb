# Needs nothing but make and a shell; deploy/setup.sh gets the rest.

.POSIX:
.PHONY: help setup run test test-fast bench chaos pictures lint audit format lock clean

BIN = .venv/bin
SECONDS = 120
SEED = 1

help:
	@printf '\n  \033[1mRykkerportalen\033[0m\n\n'
	@printf '  make %-10s %s\n' \
	  run       'start everything here, a day in 20 seconds (DAY_SECONDS=60 is slower)' \
	  test      'every test and check, on real servers' \
	  test-fast 'unit tests and a few others, in less than a minute' \
	  bench     'how fast it is, beside bare loops, in a quarter of an hour (ONLY=mail N=5000)' \
	  chaos     'break everything for SECONDS=120 and see what others noted; SEED=1 repeats it' \
	  pictures  'those of the README, made anew from the example company of "run"' \
	  lint      'ruff, mypy and the import contracts' \
	  audit     'known vulnerabilities of the packages; says so when it cannot know' \
	  format    'write the code as ruff has it' \
	  lock      'write requirements.lock anew from pyproject.toml' \
	  setup     'install what "run" needs, and start nothing' \
	  clean     'forget what "run" has stored in .run'
	@printf '\n  The first "make run" and "make test" install what is missing.\n\n'

setup:
	@deploy/setup.sh run

# exec, so that make is the parent of the launcher: kill -9 of make stops everything, too
run:
	@deploy/setup.sh run
	@exec $(BIN)/python -m deploy.launch --stop-with-parent

test:
	@deploy/setup.sh test
	@$(MAKE) lint
	$(BIN)/pytest -n 2 --dist loadfile

test-fast:
	@deploy/setup.sh test
	$(BIN)/pytest -q -n 2 tests/unit tests/contracts
	$(BIN)/pytest -q -m fast tests/integration

# options come from the environment, as ONLY=mail N=5000 PROCESSES="notifier=2 …" THREADS=8
bench:
	@deploy/setup.sh bench
	@exec $(BIN)/python -m tests.bench.run

# exec, so that Ctrl-C and kill -9 of make stop everything that it started
chaos:
	@deploy/setup.sh test
	@exec $(BIN)/python -m tests.chaos.run --seconds $(SECONDS) --seed $(SEED)

pictures:
	@deploy/setup.sh test
	@$(BIN)/python -m tests.pictures

lint:
	@deploy/setup.sh python
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

audit:
	@deploy/setup.sh python
	@$(BIN)/python -m deploy.audit

format:
	@deploy/setup.sh python
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock:
	@deploy/setup.sh python
	@$(BIN)/python -m uv --version >/dev/null 2>&1 || $(BIN)/python -m pip install --quiet uv
	$(BIN)/python -m uv pip compile --universal --extra dev --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links --quiet -o requirements.lock pyproject.toml

clean:
	@if [ -e .run/lock ] && ! flock -n .run/lock true; then echo 'It runs: stop it first (Ctrl-C).' >&2; exit 1; fi
	rm -rf .run
