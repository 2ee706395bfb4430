# Everything a contributor or a curious reader types; `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo test build lint format bench deps clean

# What `swift format` looks after, as far as it is there.
FORMATTED := $(wildcard Package.swift Sources Tests Plugins Benchmarks)

help: ## List these targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r target text; do \
		printf '  make %-8s %s\n' "$$target" "$$text"; done

demo: deps ## Meter, price and reconcile DeepSeek's published day, in a PostgreSQL of its own
	swift build -c release --product taximeter
	.build/release/taximeter demo

test: deps ## Build and run all tests; they start a PostgreSQL of their own
	swift build --build-tests
	swift test --skip-build

build: deps ## Build the taximeter command, optimised: .build/release/taximeter
	swift build -c release --product taximeter

lint: ## Check the formatting
	swift format lint --strict --parallel --recursive $(FORMATTED)

format: ## Mend the formatting
	swift format --in-place --parallel --recursive $(FORMATTED)

bench: deps ## Measure, on this machine, next to baselines of the same run
	swift run -c release benchmarks

deps: ## Install what is missing of PostgreSQL and libpq (Debian and Ubuntu)
	@.ci/deps

clean: ## Remove what was built
	rm -rf .build
