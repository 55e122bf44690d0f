# Thin targets; `make help` lists them. Only a Rust toolchain and a C compiler are needed for run, test and check.

LISTEN ?= 127.0.0.1:8080
FUZZ_SECONDS ?= 20

.PHONY: help run test check bench e2e fuzz screenshots generate golden

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Build and start the service with its sandbox on 127.0.0.1:8080
	GAITKEEPER__FEEDBACK__DATABASE=target/sandbox-feedback.db \
	cargo run --locked -- serve --sandbox --listen $(LISTEN)

test: ## Every test that needs no other program
	cargo test --locked --workspace
	cargo run --locked -- check --mutate

check: ## Format, lints, documentation, and what is generated
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --document-private-items

bench: ## Micro-benchmarks: reading, evaluating, rendering, a whole call
	cargo bench --locked --bench call

e2e: ## What needs other programs: the pages in Chromium, two real FHIR servers, PostgreSQL
	cargo build --locked
	e2e/postgresql/run
	e2e/run

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
