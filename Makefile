# "make" alone says what there is. Everything needs Go; the tests need a C
# compiler for the race detector, and use Node where it is installed.

VERSION     ?= 0.0.0-dev
FOR         ?= 1m
STATICCHECK := go run honnef.co/go/tools/cmd/staticcheck@v0.8.2
NODE        := $(shell command -v node)
GO_FILES     = $(shell find . -name node_modules -prune -o -name '*.go' -print)
PLATFORMS   := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

.PHONY: help
help: ## say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/ucbridge
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/ucbridge ./cmd/ucbridge

.PHONY: demo
demo: build ## show the whole path on this machine, without a Databricks workspace
	bin/ucbridge demo

.PHONY: unit
unit: fmt vet ## test quickly: no race detector, no programs of others
	go test ./...

.PHONY: test
test: fmt vet lint cross fuzz race e2e $(if $(NODE),conformance) ## test everything
	$(if $(NODE),,@echo "skipped, because Node is not installed: make conformance")

.PHONY: bench
bench: build ## measure against a direct client and a minimal relay
	cd e2e && go run ./bench

.PHONY: fuzz
fuzz: ## try generated input for a few seconds each
	go test -run '^$$' -fuzz FuzzParse -fuzztime 5s -fuzzminimizetime 1x ./bridge/jsonrpc
	go test -run '^$$' -fuzz FuzzGate -fuzztime 5s -fuzzminimizetime 1x ./bridge/govern
	go test -run '^$$' -fuzz FuzzList -fuzztime 5s -fuzzminimizetime 1x ./bridge/govern
	go test -run '^$$' -fuzz FuzzPolicy -fuzztime 5s -fuzzminimizetime 1x ./bridge/govern
	go test -run '^$$' -fuzz FuzzEvents -fuzztime 5s -fuzzminimizetime 1x ./bridge/streamable
	go test -run '^$$' -fuzz FuzzEnvelopeCarriesMessage -fuzztime 5s -fuzzminimizetime 1x ./bridge/unity

.PHONY: soak
soak: ## mistreat the bridge at length: make soak FOR=5m
	go test -race -count=1 -timeout 0 -run TestSoak ./bridge -soak $(FOR)

.PHONY: fmt
fmt:
	@unformatted=$$(gofmt -l $(GO_FILES)); test -z "$$unformatted" || { echo "run gofmt -w on:"; echo "$$unformatted"; exit 1; }

.PHONY: vet
vet:
	go vet ./...
	cd e2e && go vet ./...

.PHONY: lint
lint:
	$(STATICCHECK) ./...
	cd e2e && $(STATICCHECK) ./...

.PHONY: cross
cross: $(PLATFORMS:%=cross/%) ## compile for every platform

.PHONY: $(PLATFORMS:%=cross/%)
$(PLATFORMS:%=cross/%): cross/%:
	CGO_ENABLED=0 GOOS=$(*D) GOARCH=$(*F) go build -o /dev/null ./cmd/ucbridge

.PHONY: race
race:
	@command -v $$(go env CC) >/dev/null || { echo "the race detector needs a C compiler: install gcc, or set CC"; exit 1; }
	go test -race ./...

# Without Node the tests that need it are skipped; -v names them.
.PHONY: e2e
e2e: $(if $(NODE),e2e/node_modules/.package-lock.json)
	cd e2e && go test -timeout 5m $(if $(NODE),,-v) ./bench/... ./conformance/... .

.PHONY: conformance
conformance: $(if $(NODE),e2e/node_modules/.package-lock.json) ## run the official MCP conformance suites
	cd e2e && go run ./conformance

e2e/node_modules/.package-lock.json: e2e/package-lock.json e2e/.npmrc
	cd e2e && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: clean
clean: ## remove what was built and installed here
	rm -rf bin e2e/node_modules
