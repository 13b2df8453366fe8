# One command for everything; each installs what it needs first. `make help` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Node and the other programs that scripts/setup brings come before the system's.
export PATH := $(CURDIR)/.tools/bin:$(CURDIR)/node_modules/.bin:$(PATH)
# Node keeps compiled code there: what starts again starts in half the time.
export NODE_COMPILE_CACHE := $(CURDIR)/.cache/compiled
# The tests' independent references: numpy, scikit-learn, Pillow, safetensors.
export DDAD_TEST_PYTHON := $(CURDIR)/.cache/test-python/bin/python

# Settings of up and demo, passed on where they are set: TRAINERS, STORE, TEMPORAL_PORT, TEMPORAL_UI_PORT, NATS_PORT,
# MINIO_PORT (the store's, whichever it is), PAGE_PORT, DDAD_HOME.
export TRAINERS STORE TEMPORAL_PORT TEMPORAL_UI_PORT NATS_PORT MINIO_PORT PAGE_PORT DDAD_HOME

# Has Node's own clients take the proxies of the environment: on loopback, where the local cluster is, nobody does.
unexport NODE_USE_ENV_PROXY

generated := packages/rpc/src/gen packages/onnx/src/gen

.PHONY: help installed setup demo up down status images secrets test test-unit test-networks test-integration test-long test-faults test-k8s bench gpu-check lint types proto proto-check format

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

installed:
	@test -x .tools/bin/node -a -d node_modules || { echo 'Nothing is installed; run make setup first' >&2; exit 1; }

setup: ## Install what the project needs into node_modules/ and the cache
	@scripts/setup

demo: up ## Train a small ensemble on a phantom dataset, end to end, on this machine
	@cli/bin/ddad demo

up: setup ## Start the local cluster, or what of it does not run (TRAINERS=n: that many trainers; STORE=minio or seaweedfs)
	@node deploy/local/src/main.ts up

# These two install nothing: they must work on whatever state the checkout is in.
down: installed ## Stop the local cluster; its data stay in .ddad/
	@node deploy/local/src/main.ts down

status: installed ## Show the processes of the local cluster
	@node deploy/local/src/main.ts status

images: ## Build the images for Kubernetes (VARIANT=cpu or cuda; REGISTRY=host/path pushes them; TAG)
	@STORE=minio scripts/setup
	@NODE_USE_ENV_PROXY=1 node deploy/images/src/main.ts --variant '$(or $(VARIANT),cpu)' $(if $(REGISTRY),--registry '$(REGISTRY)') \
	  $(if $(TAG),--tag '$(TAG)') \
	  $(if $(REGISTRY)$(TAG),--use) $(IMAGES)

secrets: ## Make the Secrets that the manifests name, with random values, where they are missing, and the way to the API server
	@deploy/k8s/make-secrets
	@deploy/k8s/allow-api-server

test: ## Lint, types, generated code is current, all tests but the long ones and those on Kubernetes
	@scripts/setup $(if $(CHECK_LONG),long,test)
	@scripts/run-checks

test-unit: ## Unit tests only
	@scripts/setup test
	@vitest run --project unit --project tensors

test-networks: ## Networks only, the long ones too: trained, and held against independent references
	@scripts/setup test
	@vitest run --project networks --project long packages/compute packages/models packages/methods

test-integration: ## Integration tests only, with real servers: of parts beside their source, and whole runs
	@scripts/setup test
	@vitest run --project servers
	@vitest run --project integration

test-long: ## What few changes can break: whole benchmarks, programs of others, recorded runs, all on SeaweedFS too
	@scripts/setup long
	@vitest run --project long --project seaweedfs

test-faults: ## At least 110 faults over 20 runs and more, by a schedule of their own each time (SEED=n: that one again); a soak (RUNS=n); STORE=seaweedfs
	@scripts/setup test
	@vitest run --project faults

test-k8s: ## Build the images, run the evaluation on a Kubernetes cluster and disturb it (KUBECTL, LOAD_IMAGE)
	@scripts/setup test
	@scripts/test-k8s

bench: ## Measure against PyTorch, and pydicom (PARTS=steps,methods,scoring,memory,orchestration,run,ingest; CASES=cutpaste; QUICK=1; THREADS=n)
	@scripts/setup test
	@$(if $(filter ingest,$(PARTS)),,scripts/setup bench)
	@BENCH_PYTHON=$(CURDIR)/.cache/bench-python/bin/python PARTS='$(PARTS)' QUICK='$(QUICK)' CASES='$(CASES)' THREADS='$(THREADS)' \
	  node bench/main.ts

gpu-check: setup ## Train on the GPU and on the processor, compare losses and speed
	@node services/trainer/src/gpu-check.ts

lint: setup ## Check format and lint rules
	@biome check .

format: setup ## Format, and fix what lint can fix
	@biome check --write .

types: setup ## Check types
	@tsc -p tsconfig.json && tsc -p packages/report/src/browser

proto: setup ## Generate the gRPC code from proto/, and ONNX's from onnx.proto
	@buf lint && buf generate --clean && buf generate --clean --template packages/onnx/buf.gen.yaml

proto-check: setup ## Check that the generated gRPC code is current
	@scripts/check-generated $(generated)
