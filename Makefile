# Everything a contributor or a curious reader types; `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo test clients sanitize build lint format bench docs install wheel deps clean
PREFIX ?= /usr/local

VERSION := $(shell sed -n 's/.*taximeterVersion = "\(.*\)".*/\1/p' Sources/Taximeter/Version.swift)

# What `swift format` looks after, as far as it is there.
FORMATTED := $(wildcard Package.swift Sources Tests Plugins Benchmarks examples)

help: ## List these targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r target text; do \
		printf '  make %-8s %s\n' "$$target" "$$text"; done

demo: deps ## Meter, price and reconcile DeepSeek's published day, in a PostgreSQL of its own
	swift build -c release --product taximeter
	.build/release/taximeter demo

test: deps ## Build and run all tests, the HTTP sidecar's too; they start a PostgreSQL of their own
	swift build --build-tests --traits Server
	swift test --skip-build --traits Server

clients: deps ## Test the Python package and its clients: LiteLLM, its proxy, FastAPI, gunicorn
	swift build --traits Server
	bindings/python/check

sanitize: deps ## Run a host of libtaximeter under the thread and address sanitizers
	bindings/sanitize thread
	bindings/sanitize address

build: deps ## Build the taximeter command, optimised, with the HTTP sidecar: .build/release/taximeter
	swift build -c release --traits Server --product taximeter

lint: ## Check the formatting
	swift format lint --strict --parallel --recursive $(FORMATTED)

format: ## Mend the formatting
	swift format --in-place --parallel --recursive $(FORMATTED)

bench: deps ## Measure, on this machine, next to baselines of the same run
	.ci/deps wrk
	swift run -c release benchmarks
	swift build -c release --product TaximeterC
	swift build -c release --traits Server --product taximeter
	Benchmarks/serve/run
	@if command -v python3 > /dev/null; then TAXIMETER_LIBRARY=.build/release/libTaximeterC.so \
		PYTHONPATH=bindings/python python3 bindings/python/benchmark.py; fi

docs: deps ## Make the documentation of the library and its pages: .build/docs/site
	@.ci/docs

install: deps ## Install libtaximeter, its header and its pkg-config file under PREFIX (/usr/local)
	bindings/library $(DESTDIR)$(PREFIX)/lib
	install -D -m 644 Sources/CTaximeter/taximeter.h $(DESTDIR)$(PREFIX)/include/taximeter.h
	mkdir -p $(DESTDIR)$(PREFIX)/lib/pkgconfig
	sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|' bindings/taximeter.pc.in \
		> $(DESTDIR)$(PREFIX)/lib/pkgconfig/taximeter.pc

wheel: deps ## Build the Python package, with the library in it: bindings/python/dist
	rm -rf bindings/python/taximeter/lib bindings/python/build
	bindings/library bindings/python/taximeter/lib
	cd bindings/python && python3 -m pip wheel --quiet --no-deps --wheel-dir dist .

deps: ## Install what is missing of PostgreSQL and libpq (Debian and Ubuntu)
	@.ci/deps

clean: ## Remove what was built
	rm -rf .build
