# "make" alone says what there is. Everything needs Go; the tests need a C
# compiler for the race detector, and use Node where it is installed.

VERSION     ?= 0.0.0-dev
REPOSITORY  ?= https://github.com/OWNER/ucbridge
FOR         ?= 1m
FUZZTIME    ?= 5s
APP         ?= bin/app
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
NODE        := $(shell command -v node)
# Not empty where Wine is, or can be installed.
WINE        := $(shell command -v wine || { test "$$(id -u)" = 0 && command -v apt-get; })
GO_FILES     = $(shell find . -name node_modules -prune -o -name '*.go' -print)
# A busy machine takes its time: this ends what hangs, and no test that is slow.
TIMEOUT     := 1h
# What is fetched from elsewhere is asked for three times: $(call fetch,COMMAND).
fetch        = for pause in 5 30 0; do if ($(1)); then exit 0; fi; sleep $$pause; done; exit 1
APT_INSTALL  = apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o DPkg::Lock::Timeout=300
PLATFORMS   := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

.PHONY: help
help: ## say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/ucbridge
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/ucbridge ./cmd/ucbridge

# A Databricks App runs on Linux and amd64, and takes no file of more than 10 MiB.
.PHONY: app
app: ## pack a Databricks App into bin/app, see databricks.yml there
	mkdir -p $(APP)
	rm -f $(APP)/ucbridge*
	cp dist/app/* $(APP)
	CGO_ENABLED=0 GOOS=linux GOARCH=amd64 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o $(APP)/ucbridge ./cmd/ucbridge
	gzip -9 -n $(APP)/ucbridge
	cd $(APP) && split -b 8388608 ucbridge.gz ucbridge.gz. && rm ucbridge.gz
	@echo "the App is in $(APP), next:"
	@echo "  cd $(APP) && export BUNDLE_VAR_connection=NAME BUNDLE_VAR_mcp_service=CATALOG.SCHEMA.NAME && databricks bundle deploy && databricks bundle run gateway"

.PHONY: demo
demo: build ## show the whole path on this machine, without a Databricks workspace
	bin/ucbridge demo

.PHONY: unit
unit: fmt vet ## test quickly: no race detector, no programs of others
	go test ./...

.PHONY: test
test: modules fmt vet lint cross race e2e $(if $(NODE),conformance) $(if $(WINE)$(CI),wine) ## test everything
	$(if $(NODE),,@echo "skipped, because Node is not installed: make conformance")
	$(if $(WINE)$(CI),,@echo "skipped, because Wine is not installed: make wine")

.PHONY: golden
golden: ## rewrite the golden files; then read the diff, each change is one that somebody sees
	go test ./cmd/ucbridge ./cmd/internal/aiclient ./cmd/internal/document ./bridge/quirks ./bridge/refusal -update

.PHONY: bench
bench: ## measure beside a minimal relay: make bench [BASE=older-ucbridge] [QUICK=1] [ROWS=regexp]
	cd e2e && go run ./bench $(if $(BASE),-base $(abspath $(BASE))) $(if $(QUICK),-quick) $(if $(ROWS),-rows '$(ROWS)')

.PHONY: fuzz
fuzz: ## try generated input, FUZZTIME a target (what it has found is part of every test run)
	go test -run '^$$' -fuzz FuzzParse -fuzztime $(FUZZTIME) -fuzzminimizetime 1x ./bridge/jsonrpc
	go test -run '^$$' -fuzz FuzzGate -fuzztime $(FUZZTIME) -fuzzminimizetime 1x ./bridge/govern
	go test -run '^$$' -fuzz FuzzList -fuzztime $(FUZZTIME) -fuzzminimizetime 1x ./bridge/govern
	go test -run '^$$' -fuzz FuzzPolicy -fuzztime $(FUZZTIME) -fuzzminimizetime 1x ./bridge/policy
	go test -run '^$$' -fuzz FuzzEvents -fuzztime $(FUZZTIME) -fuzzminimizetime 1x ./bridge/streamable
	go test -run '^$$' -fuzz FuzzEnvelopeCarriesMessage -fuzztime $(FUZZTIME) -fuzzminimizetime 1x ./bridge/databricks
	go test -run '^$$' -fuzz FuzzCarriage -fuzztime $(FUZZTIME) -fuzzminimizetime 1x ./bridge
	go test -run '^$$' -fuzz FuzzEscape -fuzztime $(FUZZTIME) -fuzzminimizetime 1x ./bridge/webui/markup
	go test -run '^$$' -fuzz FuzzJSON -fuzztime $(FUZZTIME) -fuzzminimizetime 1x ./cmd/internal/document
	go test -run '^$$' -fuzz FuzzTOML -fuzztime $(FUZZTIME) -fuzzminimizetime 1x ./cmd/internal/document
	go test -run '^$$' -fuzz FuzzYAML -fuzztime $(FUZZTIME) -fuzzminimizetime 1x ./cmd/internal/document

.PHONY: soak
soak: ## mistreat the bridge at length: make soak FOR=5m
	go test -race -count=1 -timeout 0 -run TestSoak ./bridge -soak $(FOR)

# A publisher sets both variables, REPOSITORY to where the release will be.
.PHONY: dist
dist: ## pack a release: make dist VERSION=1.2.3 REPOSITORY=https://github.com/OWNER/ucbridge
	rm -rf bin/dist
	go run ./dist -version $(VERSION) -repository $(REPOSITORY) -o bin/dist $(PLATFORMS)

# What the targets below build with, and staticcheck.
.PHONY: modules
modules:
	@$(call fetch,go list -deps -test ./... >/dev/null)
	@$(call fetch,GOOS=windows go list -deps -test ./... >/dev/null)
	@$(call fetch,GOOS=darwin go list -deps -test ./... >/dev/null)
	@$(call fetch,cd e2e && go list -deps -test ./... >/dev/null)
	@$(call fetch,go run $(STATICCHECK) -version)

.PHONY: fmt
fmt:
	@unformatted=$$(gofmt -l $(GO_FILES)); test -z "$$unformatted" || { echo "run gofmt -w on:"; echo "$$unformatted"; exit 1; }

.PHONY: vet
vet:
	go vet ./...
	cd e2e && go vet ./...

.PHONY: lint
lint: # -exec: the tool itself is of this system
	go run $(STATICCHECK) ./...
	go run -exec 'env GOOS=windows' $(STATICCHECK) ./...
	go run -exec 'env GOOS=darwin' $(STATICCHECK) ./...
	cd e2e && go run $(STATICCHECK) ./...

.PHONY: cross
cross: $(PLATFORMS:%=cross/%) ## compile for every platform

.PHONY: $(PLATFORMS:%=cross/%)
$(PLATFORMS:%=cross/%): cross/%:
	CGO_ENABLED=0 GOOS=$(*D) GOARCH=$(*F) go build -o /dev/null ./cmd/ucbridge

.PHONY: race
race:
	@command -v $$(go env CC) >/dev/null || { echo "the race detector needs a C compiler: install gcc, or set CC"; exit 1; }
	go test -race -timeout $(TIMEOUT) ./...

# Without Node the tests that need it are skipped; -v names them.
# nginx stands in front of replicas there. It is installed where this may be done.
.PHONY: nginx
nginx:
	@command -v nginx >/dev/null || ! command -v apt-get >/dev/null || test "$$(id -u)" != 0 || \
		($(call fetch,$(APT_INSTALL) nginx-light))

# Prometheus reads the metrics there. Its service is not started.
.PHONY: prometheus
prometheus:
	@command -v prometheus >/dev/null || ! command -v apt-get >/dev/null || test "$$(id -u)" != 0 || \
		($(call fetch,$(APT_INSTALL) --no-install-recommends prometheus))

# Chromium looks at the pages of ucbridge serve, likewise.
.PHONY: chromium
chromium:
	@command -v chromium >/dev/null || ! command -v apt-get >/dev/null || test "$$(id -u)" != 0 || \
		($(call fetch,$(APT_INSTALL) --no-install-recommends chromium))

# What stands between clients, ucbridge and workspaces elsewhere, likewise: proxies and
# load balancers, and a firewall for packets that vanish. (squid-openssl is squid with
# TLS; apache2-bin comes without a service.)
BOXES := squid-openssl mitmproxy haproxy caddy apache2-bin nghttp2-proxy h2o nftables iproute2
.PHONY: boxes-packages
boxes-packages:
	@command -v apt-get >/dev/null && test "$$(id -u)" = 0 || exit 0; \
		dpkg -s $(BOXES) >/dev/null 2>&1 || \
		($(call fetch,$(APT_INSTALL) --no-install-recommends $(BOXES)))

# The Databricks CLI, whose logins ucbridge uses, runs beside it.
bin/databricks: e2e/databrickscli/go.mod
	@$(call fetch,cd e2e/databrickscli && GONOSUMDB='github.com/databricks/*' go list -deps -tags tools github.com/databricks/cli >/dev/null)
	cd e2e/databrickscli && GONOSUMDB='github.com/databricks/*' go build -tags tools -o ../../$@ \
		-ldflags "-X github.com/databricks/cli/internal/build.buildVersion=$$(go list -tags tools -m -f '{{slice .Version 1}}' github.com/databricks/cli)" github.com/databricks/cli

# The test server of its makers, which the bundle of an App is deployed to.
bin/databricks-testserver: e2e/databrickscli/go.mod e2e/databrickscli/testserver/main.go
	@$(call fetch,cd e2e/databrickscli && GONOSUMDB='github.com/databricks/*' go list -deps -tags tools ./testserver >/dev/null)
	cd e2e/databrickscli && GONOSUMDB='github.com/databricks/*' go build -tags tools -o ../../$@ ./testserver

.PHONY: e2e
e2e: nginx chromium prometheus boxes-packages bin/databricks bin/databricks-testserver $(if $(NODE),e2e/node_modules/.package-lock.json)
	cd e2e && go test -timeout $(TIMEOUT) $(if $(NODE),,-v) ./bench/... ./conformance/... ./peers .

.PHONY: boxes
boxes: nginx boxes-packages ## try real proxies and load balancers on both sides, with five minutes of silence
	cd e2e && BOXES=all go test -count=1 -v -timeout 15m -run 'TestBox|TestNginx|TestSquid|TestMitmproxy|TestBlackHole' .

# What more peers there are, of some gigabytes: servers and clients that are too
# large for every run.
.PHONY: peers clients servers
peers: clients servers
clients: TABLE = Test(Clients|Habits|SignInLink)
clients: ## print what AI clients of many makers do, directly and through ucbridge
servers: TABLE = Test(Servers|Reaction)
servers: ## print what MCP servers of many makers say, directly and through ucbridge
clients servers: e2e/node_modules/.package-lock.json e2e/peers/node_modules/.package-lock.json
	cd e2e && PEERS=all go test -count=1 -v -timeout 30m -run '$(TABLE)' ./peers

.PHONY: conformance
conformance: $(if $(NODE),e2e/node_modules/.package-lock.json) ## run the official MCP conformance suites
	cd e2e && go run ./conformance

e2e/node_modules/.package-lock.json: e2e/package-lock.json e2e/.npmrc
	$(call fetch,cd e2e && npm ci --no-audit --no-fund --loglevel=error)
	@touch $@

# Not "npm ci": it insists on packages for other systems that some makers never
# published.
e2e/peers/node_modules/.package-lock.json: e2e/peers/package-lock.json e2e/peers/.npmrc
	$(call fetch,cd e2e/peers && npm install --no-save --no-audit --no-fund --loglevel=error)
	@touch $@

# The Windows program and its tests run under Wine, which is installed where this may be
# done. cannot-run.txt says which tests Wine does not let run. The three that take long
# run against the program itself.
WINE_RUN := $(CURDIR)/bin/wine/run
.PHONY: wine
wine: $(if $(NODE),e2e/node_modules/.package-lock.json) ## run the Windows program, and the tests of every package, under Wine
	e2e/wine/prefix.sh bin/wine
	GOOS=windows CGO_ENABLED=0 go build -trimpath -ldflags -w -overlay bin/wine/overlay.json -o bin/wine/ucbridge.exe ./cmd/ucbridge
	GOOS=windows go test -timeout $(TIMEOUT) -trimpath -ldflags -w -vet=off -overlay bin/wine/overlay.json -exec $(WINE_RUN) \
		-skip "$$(sed -n 's/^\(Test[^ ]*\) .*/^\1$$/p' e2e/wine/cannot-run.txt | paste -sd '|')|^TestWire$$|^TestFaults$$|^TestSoak$$" ./...
	go test -timeout $(TIMEOUT) -count=1 -run 'TestWire$$|TestFaults$$' ./bridge -program '$(WINE_RUN) $(CURDIR)/bin/wine/ucbridge.exe'
	$(if $(NODE),cd e2e && WINE_RUN=$(WINE_RUN) go test -timeout $(TIMEOUT) -count=1 -run TestBundleOnWindows .)
	go test -timeout $(TIMEOUT) -count=1 -run 'TestSoak$$' ./bridge -soak 1m -program '$(WINE_RUN) $(CURDIR)/bin/wine/ucbridge.exe'

.PHONY: clean
clean: ## remove what was built and installed here
	rm -rf bin e2e/node_modules e2e/peers/node_modules
