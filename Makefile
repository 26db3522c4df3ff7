# The front door: `make help` lists what there is. Needs Debian 12 and Swift 6.3 (in PATH or /opt/swift).

export PATH := $(PATH):/opt/swift/usr/bin
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-builtin-rules

# What the lab plays in `make test`, in this order, and how often each. `lab/run help` lists all scenarios.
SCENARIOS := power-cut output-commit output-commit-broken backup-cut cable-pull controller-kill unprotect \
             verify-stream long-run switchover guest-life device-change fencing watchdog refusals campaign \
             disk-wrap disk-agreement disk-agreement-broken disk-crash rhythm back-pressure
REPEAT := 1
# `make scenarios SCENARIOS=long-run LONG_RUN_EPOCHS=2000` is the whole one.
LONG_RUN_EPOCHS := 200
# `make scenarios SCENARIOS=campaign` is a short campaign; 100 faults take one to two hours. The first faults of this seed: the witness and the
# primary's power go, kill -9 of a heartbeat.
CAMPAIGN_FAULTS := 2
CAMPAIGN_SEED := 40
# Power cuts of the scenarios with disks, fewer than each plays by itself (`lab/run help`): all of `make test` is to fit in 90 minutes.
AGREEMENT_ROUNDS := 1
# `make scenarios SCENARIOS=disk-crash DISK_CRASH=` plays all moments.
DISK_CRASH := --moment backup-rollback

# What `make bench-lab` has the guest do in turn, and where all results of benchmarks go.
LOADS := idle pages compile redis postgres
# How long each of them is looked at; a compile has done a few dozen files then.
BENCH_SECONDS := 60
LAB_BENCHMARKS := intervals iterations latency memory takeover
BENCHMARKS := .build/benchmarks
# Recorded pages that `make bench` measures besides pages of noise; `lab/run page-trace` records them.
TRACES :=

# How long `make soak` watches the heartbeat.
SOAK_SECONDS := 600

# What the simulator plays in `make test`.
SEEDS := 1..10000

# Where `make install` puts things.
DESTDIR :=
SBINDIR := /usr/sbin
UNITDIR := /usr/lib/systemd/system
RULEDIR := /usr/lib/udev/rules.d
CONFDIR := /etc/replicactl
MANDIR := /usr/share/man/man8
DOCDIR := /usr/share/doc/replicactl

PACKAGE_LISTS := $(wildcard packages.txt lab/packages.txt)
SWIFT_SOURCES := $(wildcard Package.swift Sources Tests Benchmarks lab/Package.swift lab/Sources lab/Tests \
                   lab/guest/Package.swift lab/guest/Sources lab/guest/Tests)
RELEASE := .build/replicactl
# The lab makes network namespaces and taps, so it runs as root.
ROOT := $(if $(filter 0,$(shell id -u)),,sudo --preserve-env env "PATH=$$PATH")
RESULTS := .build/scenarios

.DEFAULT_GOAL := help
.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | sed 's/^  \(.*\)|/  make \1                 /' \
	    | sed 's/^\(.\{22\}\) */\1 /'

.PHONY: deps
deps: ## install the Debian packages that are missing (root, or sudo)
	@wanted=$$(sed 's/#.*//' $(PACKAGE_LISTS) | sort -u | xargs); missing=; \
	for package in $$wanted; do \
	    [ "$$(dpkg-query -W -f '$${db:Status-Status}' $$package 2>/dev/null || true)" = installed ] \
	        || missing="$$missing $$package"; \
	done; \
	if [ -n "$$missing" ]; then \
	    $(ROOT) apt-get update -q </dev/null; \
	    $(ROOT) env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $$missing </dev/null; \
	fi
	@swift --version >/dev/null 2>&1 || { echo "Swift 6.3 is missing: install the Debian 12 toolchain from" \
	    "https://www.swift.org/install/linux/ into /opt/swift, or put it into PATH" >&2; exit 69; }

.PHONY: build
build: ## build everything for debugging
	swift build

.PHONY: release
release: ## build .build/replicactl: the Swift runtime inside, stripped, for Debian 12
	swift build -c release --static-swift-stdlib --disable-local-rpath --product replicactl
	strip -o $(RELEASE).new .build/release/replicactl
	mv $(RELEASE).new $(RELEASE)

.PHONY: unit
unit: ## run the unit tests
	swift test
	swift test --package-path lab
	swift test --package-path lab/guest

.PHONY: lint
lint: ## check the format of all Swift sources
	swift format lint --strict --parallel --recursive --configuration .swift-format $(SWIFT_SOURCES)

.PHONY: format
format: ## format all Swift sources
	swift format --in-place --parallel --recursive --configuration .swift-format $(SWIFT_SOURCES)

.PHONY: scenarios
scenarios: release ## play the lab's scenarios: SCENARIOS="power-cut ..." REPEAT=N
	@mkdir -p $(RESULTS); rm -f $(RESULTS)/result; passed=0; failed=0; names=; \
	binary=$${REPLICACTL_LAB_BINARY:-$(CURDIR)/$(RELEASE)}; \
	for name in $(SCENARIOS); do \
	    echo "== scenario $$name"; \
	    options=; [ $$name != long-run ] || options="--epochs $(LONG_RUN_EPOCHS)"; \
	    [ $$name != campaign ] || options="--faults $(CAMPAIGN_FAULTS) --seed $(CAMPAIGN_SEED)"; \
	    [ $$name != disk-agreement ] || options="--rounds $(AGREEMENT_ROUNDS)"; \
	    [ $$name != disk-crash ] || options="$(DISK_CRASH)"; \
	    if $(ROOT) env REPLICACTL_LAB_BINARY="$$binary" \
	        lab/run $$name $$options --json $(RESULTS)/$$name.json --repeat $(REPEAT) </dev/null; \
	    then passed=$$((passed + 1)); else failed=$$((failed + 1)); names="$$names $$name"; fi; \
	done; \
	[ $$failed = 0 ] || echo "failed:$$names"; \
	echo "$$passed passed, $$failed failed" | tee $(RESULTS)/result; \
	[ $$failed = 0 ]

.PHONY: simulate
simulate: release ## play SEEDS (1..10000) of the protocol's simulator; no rule may be broken
	$(RELEASE) simulate --seeds $(SEEDS)

.PHONY: simulate-long
simulate-long: ## the same with 1,000,000 seeds
	$(MAKE) simulate SEEDS=1..1000000

.PHONY: soak
soak: ## watch two heartbeat services on a busy host and full links: SOAK_SECONDS=600, root, or sudo
	swift build -c release --product heartbeat-soak
	$(ROOT) .build/release/heartbeat-soak --seconds $(SOAK_SECONDS) | tee .build/heartbeat-soak.json

.PHONY: bench
bench: ## measure the data path against memcpy, without Xen; TRACES="FILE ..." takes recorded pages, too
	swift build -c release --product replica-benchmark
	@mkdir -p $(BENCHMARKS)
	.build/release/replica-benchmark | tee $(BENCHMARKS)/native.json
	@for trace in $(TRACES); do \
	    .build/release/replica-benchmark --trace $$trace | tee $(BENCHMARKS)/native-$$(basename $$trace .trace).json; \
	done

.PHONY: bench-lab
bench-lab: release ## measure replicactl and xl remus side by side in the lab, and draw docs/benchmarks: about an hour
	@mkdir -p $(BENCHMARKS)
	@failed=; \
	for load in $(LOADS); do \
	    $(ROOT) lab/run bench-epochs --load $$load --seconds $(BENCH_SECONDS) --json $(BENCHMARKS)/epochs-$$load.json </dev/null \
	        || failed="$$failed bench-epochs-$$load"; \
	done; \
	for name in $(LAB_BENCHMARKS); do \
	    $(ROOT) lab/run bench-$$name --json $(BENCHMARKS)/$$name.json </dev/null || failed="$$failed bench-$$name"; \
	done; \
	lab/plot docs/benchmarks $(foreach load,$(LOADS),$(BENCHMARKS)/epochs-$(load).json) \
	    $(foreach name,$(LAB_BENCHMARKS),$(BENCHMARKS)/$(name).json) $(wildcard $(BENCHMARKS)/native-*.json); \
	[ -z "$$failed" ] || { echo "failed:$$failed"; exit 1; }

.PHONY: count-scenarios
count-scenarios:
	@echo $(words $(SCENARIOS))

.PHONY: test
test: lint unit simulate scenarios ## everything: format, unit tests, the simulator's seeds, the lab's scenarios

.PHONY: demo
demo: deps release ## cut a host's power under a guest and watch it live on
	$(ROOT) lab/run demo

.PHONY: lab-up
lab-up: ## bring the lab's two Xen hosts up
	$(ROOT) lab/lab up

.PHONY: lab-down
lab-down: ## end the lab and leave nothing behind
	$(ROOT) lab/lab down

.PHONY: install
install: ## install the release build, units and manual page under DESTDIR; keeps an existing configuration
	@[ -x $(RELEASE) ] || { echo "$(RELEASE) is missing: run make release first" >&2; exit 1; }
	install -D -m 0755 $(RELEASE) $(DESTDIR)$(SBINDIR)/replicactl
	install -D -m 0644 -t $(DESTDIR)$(UNITDIR) config/systemd/replicactl-controller.service \
	    config/systemd/replicactl-heartbeat.service config/systemd/replicactl-disks.service
	install -D -m 0644 -t $(DESTDIR)$(RULEDIR) config/udev/50-replicactl-disk.rules
	install -D -m 0644 docs/man/replicactl.8 $(DESTDIR)$(MANDIR)/replicactl.8
	install -D -m 0644 config/replicactl.toml $(DESTDIR)$(DOCDIR)/replicactl.toml
	[ -e $(DESTDIR)$(CONFDIR)/replicactl.toml ] \
	    || install -D -m 0600 config/replicactl.toml $(DESTDIR)$(CONFDIR)/replicactl.toml

.PHONY: clean
clean: ## remove what was built
	rm -rf .build lab/.build lab/guest/.build
