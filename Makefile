# Logic lives in scripts/; a recipe is a line or two.
.DEFAULT_GOAL := help
.PHONY: help setup build dist run shop test check alerts lint format sanitize sim drain cost fuzz rush load bench soak soak-streams capacity-check upgrade-check clean

SCENARIO ?= steady
SOURCES := Package.swift Sources Tests $(wildcard LoadTests examples)

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install the Debian packages that are missing (silent when none is)
	@scripts/setup.sh

build: setup ## Build the programs into .build/release/
	@scripts/build.sh

dist: build ## What is handed over: a tar of stripped programs with their documents, in .build/dist/
	@scripts/dist.sh

run: build ## Serve in ./data with an item `demo` to try, until Ctrl-C
	@.build/release/sluice up --data ./data --demo

shop: build ## Serve in ./data with an item to pay for, and a small shop before it, until Ctrl-C
	@python3 examples/shop/run.py

test: build ## Run every test, warnings as errors, then the drains of `make drain` against their goals
	@scripts/setup.sh postgresql pgbouncer nginx chromium chromium-driver zbar-tools
	@scripts/watch-tools.sh >/dev/null
	@scripts/test.sh
	@$(MAKE) --no-print-directory drain CHECK=1

check: lint alerts test ## What CI runs: lint, the alarms' own cases, then every test

alerts: ## Check the alarms in docs/alerts: each fires, and is silent while all is well
	@scripts/alerts.sh

lint: ## Check format and house rules
	@scripts/lint.sh $(SOURCES)

format: ## Format all sources in place
	@swift format --in-place --parallel --configuration .swift-format --recursive $(SOURCES)

sanitize: setup ## Run the unit and store tests under the address and the thread sanitizer
	@scripts/sanitize.sh

sim: build ## Sales under faults in virtual time, 2,000 seeds (SEEDS=20000); SEED=7 TRACE=item-4 replays one
	@$(if $(SEED),SEED=$(SEED)) $(if $(SEEDS),SEEDS=$(SEEDS)) $(if $(TRACE),TRACE=$(TRACE)) .build/release/simulation

drain: build ## The drain beside its ideal in virtual time, 300 seeds; CHECK=1 fails below the goals; SEED=7 TRACE=1 or CASE=slower shows one, PEERS=1 others
	@$(if $(SEED),SEED=$(SEED)) $(if $(FIRST),FIRST=$(FIRST)) $(if $(SEEDS),SEEDS=$(SEEDS)) $(if $(CASE),CASE=$(CASE)) $(if $(TRACE),TRACE=$(TRACE)) \
		$(if $(CHECK),CHECK=$(CHECK)) .build/release/simulation $(if $(PEERS),peers,drain)

cost: build ## What the capacity controllers and the scheduler cost, in processor time
	@.build/release/simulation cost

fuzz: setup ## Fuzz the parsers from the committed corpora
	@scripts/fuzz.sh

rush: build ## 10,000 simulated buyers against the running demo, with a verdict
	@.build/release/sluice-rush

load: build ## A load test: SCENARIO=steady, or another of LoadTests/scenarios; FLAGS="--rate 500"
	@.build/release/sluice-load --scenario $(SCENARIO) $(FLAGS)

bench: build ## Side by side with nginx on two cores, ONLY='accepted-*' for some lines; fails when 15 % worse
	@scripts/bench.sh $(if $(ONLY),--only '$(ONLY)') $(BENCHFLAGS)

soak: build ## 2,500,000 purchases in nine minutes: nothing lost, nothing twice, no memory that grows
	@scripts/soak.sh

soak-streams: build ## An hour of event streams that come, are cut and go: no memory and no descriptor that stays
	@scripts/soak.sh streams

capacity-check: build ## Measure the goals of the drain with real processes, in ten minutes (LONG=1: an hour)
	@scripts/capacity-check.sh

upgrade-check: build ## Replace the programs of the release before by these in a live sale: nothing lost (OLD=commit)
	@scripts/upgrade-check.sh

clean: ## Remove what was built; ./data stays
	@rm -rf .build
