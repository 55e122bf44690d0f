# Thin targets; `make help` lists them. Only a Rust toolchain and a C compiler are needed for run, test and check.

LISTEN ?= 127.0.0.1:8080
HELM_DOCS = github.com/norwoodj/helm-docs/cmd/helm-docs@v1.14.2
FUZZ_SECONDS ?= 20
BENCH_ROUNDS ?= 7
BENCH_SECONDS ?= 5
BENCH_SOAK ?= 600
BUILT = $(abspath $(or $(CARGO_TARGET_DIR),target))
# The binary of the image: the C library is in it, and no path of the machine that built it. Where Rust is optimised for size,
# aws-lc leaves out the fast arithmetic of curves unless it is told not to: then each check of a token costs about twice as much.
TARGET ?= $(shell rustc -vV | sed -n 's/^host: //p')
STATIC = $(BUILT)/$(TARGET)/release/gaitkeeper
REMAPPED = $(CURDIR)=/src $(CARGO_HOME)=/cargo $(BUILT)=/target
STATICALLY = RUSTFLAGS='-C target-feature=+crt-static --cfg getrandom_backend="linux_getrandom" \
        -C link-arg=-Wl,-z,pack-relative-relocs -C link-arg=-Wl,--icf=safe $(REMAPPED:%=--remap-path-prefix=%) $(1)' \
    AWS_LC_SYS_SMALL=0 CFLAGS="$(REMAPPED:%=-ffile-prefix-map=%)"
# What calls go through, which the compiler makes fast.
RECORDING = benches/recording.profdata.xz
RECORDED = $(BUILT)/recording.profdata
# Inlining is for what is called often, for which LLVM has a limit of its own; elsewhere it only makes the binary larger.
SPARINGLY = $(addprefix -C llvm-args=-,inline-threshold=15 inlinehint-threshold=25 inline-cold-callsite-threshold=5)
RECORDING_SECONDS ?= 5
# Of the LLVM that rustc has: of the component llvm-tools, or of the system.
LLVM_PROFDATA ?= $(firstword $(wildcard $(shell rustc --print sysroot)/lib/rustlib/*/bin/llvm-profdata) \
    $(shell command -v llvm-profdata-$(shell rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')) llvm-profdata)
IMAGE_ROOT ?= $(BUILT)/image
LOAD = $(BUILT)/baseline/gaitkeeper-load --gaitkeeper $(STATIC) --bare $(BUILT)/baseline/bare
VERSION = $(shell sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p;/^\[package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
CARGO_HOME ?= $(HOME)/.cargo
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)

.PHONY: help run test check bench bench-quick e2e static recording image-root reproduce image sbom chart fuzz screenshots generate golden

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Build and start the service with its sandbox on 127.0.0.1:8080
	GAITKEEPER__FEEDBACK__DATABASE=target/sandbox-feedback.db \
	cargo run --locked -- serve --sandbox --listen $(LISTEN)

test: ## Every test that needs no other program
	cargo test --locked --workspace --no-fail-fast
	cargo run --locked -- check --mutate

check: ## Format, lints, documentation, and what is generated
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --document-private-items

bench: static ## Micro-benchmarks, then the service and bare handlers under load; writes docs/performance.md (half an hour; wrk, two idle cores)
	mkdir -p $(BUILT)
	cargo bench --locked --bench call > $(BUILT)/bench-call.txt
	cargo build --profile baseline --locked -p gaitkeeper-load
	$(LOAD) --micro $(BUILT)/bench-call.txt --rounds $(BENCH_ROUNDS) --seconds $(BENCH_SECONDS) --soak $(BENCH_SOAK) --write docs

bench-quick: static ## Fails where throughput or memory is far off what was measured last (under 3 minutes after building; wrk, two cores)
	cargo build --profile baseline --locked -p gaitkeeper-load
	$(LOAD) --quick

e2e: image-root ## What needs other programs: PostgreSQL, a rolling upgrade behind HAProxy, a receiver of traces, the chart with Helm and in a Kubernetes API server, the image, the pages in Chromium, two real FHIR servers
	cargo build --locked
	e2e/postgresql/run
	e2e/rolling/run
	e2e/otlp/run
	e2e/chart/run
	e2e/image/run $(IMAGE_ROOT)
	e2e/cluster/run $(IMAGE_ROOT)
	e2e/run

static: $(RECORDED) ## The release binary with the C library in it
	$(call STATICALLY,-C profile-use=$(RECORDED) $(SPARINGLY)) cargo build --release --locked --target $(TARGET)

$(RECORDED): $(RECORDING)
	mkdir -p $(@D)
	xz --decompress --stdout $< > $@

# Of our own crate also what never ran, which is then kept small; of others that would be most of the recording.
recording: ## Record anew what calls go through: after large changes, and for another compiler (wrk; llvm-tools of rustup or llvm of rustc's version)
	rm -rf $(BUILT)/recorded
	$(call STATICALLY,-C profile-generate=$(BUILT)/recorded) cargo build --release --locked --target $(TARGET) --target-dir $(BUILT)/recorder
	cargo build --profile baseline --locked -p gaitkeeper-load
	$(BUILT)/baseline/gaitkeeper-load --gaitkeeper $(BUILT)/recorder/$(TARGET)/release/gaitkeeper --bare $(BUILT)/baseline/bare \
	    --exercise fixtures/hooks --seconds $(RECORDING_SECONDS)
	$(LLVM_PROFDATA) merge --function gaitkeeper --output $(BUILT)/recorded/own $(BUILT)/recorded/*.profraw
	$(LLVM_PROFDATA) merge --no-function gaitkeeper --sparse --output $(BUILT)/recorded/others $(BUILT)/recorded/*.profraw
	$(LLVM_PROFDATA) merge --output $(RECORDED) $(BUILT)/recorded/own $(BUILT)/recorded/others
	xz -9 --extreme --stdout $(RECORDED) > $(RECORDING)

image-root: static ## The files of the image in $(IMAGE_ROOT): the static binary, certificates, settings
	rm -rf $(IMAGE_ROOT)
	install -D -m 0755 $(STATIC) $(IMAGE_ROOT)/usr/bin/gaitkeeper
	install -D -m 0644 /etc/ssl/certs/ca-certificates.crt $(IMAGE_ROOT)/etc/ssl/certs/ca-certificates.crt
	mkdir -p $(IMAGE_ROOT)/etc/gaitkeeper/config $(IMAGE_ROOT)/usr/share/gaitkeeper/knowledge
	echo "hosts: files dns" > $(IMAGE_ROOT)/etc/nsswitch.conf
	install -D -m 0644 config/default.toml $(IMAGE_ROOT)/usr/share/gaitkeeper/default.toml
	install -D -m 0644 config/client.toml $(IMAGE_ROOT)/usr/share/gaitkeeper/client.toml
	install -D -m 0644 LICENSE $(IMAGE_ROOT)/usr/share/gaitkeeper/LICENSE
	cp -R cds-services/leg-pain/. $(IMAGE_ROOT)/usr/share/gaitkeeper/knowledge
	find $(IMAGE_ROOT) -exec touch -h -d @$(SOURCE_DATE_EPOCH) {} +

reproduce: image-root ## Make the files of the image again from a clone of HEAD in another folder, and compare
	rm -rf $(BUILT)/again
	git clone --quiet . $(BUILT)/again
	cd $(BUILT)/again && env -u CARGO_TARGET_DIR $(MAKE) image-root SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) IMAGE_ROOT=$(BUILT)/again/image
	for image in $(IMAGE_ROOT) $(BUILT)/again/image; do \
	    tar --create --sort=name --owner=0 --group=0 --numeric-owner --directory $$image . | sha256sum; \
	done | uniq | tee $(BUILT)/image.sha256
	[ $$(wc -l < $(BUILT)/image.sha256) -eq 1 ]

image: ## Build the image (needs a container engine)
	docker build --build-arg SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) --build-arg REVISION=$$(git rev-parse HEAD) --build-arg VERSION=$(VERSION) \
	    -t gaitkeeper:$(VERSION) .

sbom: ## What the binary is made of, as CycloneDX, beside it (needs cargo-cyclonedx)
	cargo cyclonedx --format json --spec-version 1.5 --override-filename gaitkeeper.cdx
	rm -f crates/*/gaitkeeper.cdx.json benches/*/gaitkeeper.cdx.json
	mv gaitkeeper.cdx.json $(BUILT)/

chart: ## Write the chart's README from its values
	cd e2e/chart && go run $(HELM_DOCS) --log-level warning --chart-search-root ../../helm

fuzz: ## Hostile input for every reader, each for FUZZ_SECONDS
	GAITKEEPER_FUZZ_SECONDS=$(FUZZ_SECONDS) cargo test --locked --test fuzz -- --nocapture --test-threads 2

screenshots: ## Take the pictures of docs/screenshots anew, while driving the pages
	cargo build --locked
	GAITKEEPER_E2E_SCREENSHOTS=$(CURDIR)/docs/screenshots e2e/run page

generate: ## Write what is generated: the JSON Schemas of the knowledge files, and the catalogue
	cargo run --locked -- export schemas cds-services/schema
	cargo run --locked -- export catalogue --knowledge cds-services/leg-pain > cds-services/CATALOGUE.md

golden: ## Record the answers of the hook calls in fixtures/hooks anew; read the difference before committing it
	GAITKEEPER_RECORD=1 cargo test --locked --test it golden
