# Builds, tests, runs and installs gar-explorer. `make help` lists the targets.
#
# Everything is built in release mode, because the kernels crawl otherwise, and with the same flags
# everywhere, so that the program and its tests share one compile.

PREFIX ?= /usr/local
DESTDIR ?=
ARGS ?=
FILTER ?=

BUILD = .build
PROGRAM = $(BUILD)/release/gar
# An installed program finds Swift's own libraries beside it where the toolchain is absent.
FLAGS = -c release --scratch-path $(BUILD) -Xlinker -rpath -Xlinker '$$ORIGIN/../lib/gar-explorer'

SOURCES := Package.swift $(shell find Sources Assets -type f)
FORMATTED = Package.swift Assets/Assets.swift Sources Tests
ROOT = $(DESTDIR)$(PREFIX)

.PHONY: help explore build test bench install uninstall format lint clean
.DEFAULT_GOAL := help

help: ## list the targets
	@echo 'gar-explorer: a terminal explorer for transformer interpretability'
	@echo
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 18
	@echo
	@echo 'Arguments go in ARGS:   make explore ARGS="--model ~/models/TinyLlama --items items.jsonl"'
	@echo 'Some of the tests:      make test FILTER=EngineTests'
	@echo 'Where to install:       make install PREFIX=$$HOME/.local'

explore: $(BUILD)/program.stamp ## build and open the explorer, on the built-in model unless ARGS says
	@$(PROGRAM) explore $(ARGS)

build: $(BUILD)/program.stamp ## build the program, .build/release/gar

# The stamp is newer than every source exactly when the program is up to date, so that opening the
# explorer again costs no time in the build system.
$(BUILD)/program.stamp: $(SOURCES)
	@Scripts/prepare.sh
	swift build $(FLAGS) --product gar
	@touch $@

test: ## build and run every test, or those that match FILTER
	@Scripts/prepare.sh
	swift build $(FLAGS) --build-tests
	swift test $(FLAGS) --skip-build --disable-xctest $(if $(FILTER),--filter '$(FILTER)')

bench: $(BUILD)/program.stamp ## measure speed, as shares of what this machine can do
	@$(PROGRAM) bench $(ARGS)

install: $(BUILD)/program.stamp ## install the program, its assets, completions and manual page
	@Scripts/install.sh $(PROGRAM) '$(ROOT)'

uninstall: ## remove what install put there
	rm -f '$(ROOT)/bin/gar' '$(ROOT)/share/man/man1/gar.1' \
	  '$(ROOT)/share/bash-completion/completions/gar' \
	  '$(ROOT)/share/zsh/site-functions/_gar' \
	  '$(ROOT)/share/fish/vendor_completions.d/gar.fish'
	rm -rf '$(ROOT)/share/gar-explorer' '$(ROOT)/lib/gar-explorer'

format: ## format the Swift sources in place
	swift format --in-place --recursive --parallel $(FORMATTED)

lint: ## check the format and the documentation comments of the Swift sources
	swift format lint --strict --recursive --parallel $(FORMATTED)

clean: ## remove everything that was built
	rm -rf $(BUILD)
