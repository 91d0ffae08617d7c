# All of it runs on a machine that has Go, make, git and a shell.

# renovate: datasource=go depName=github.com/golangci/golangci-lint/v2
GOLANGCI_LINT_VERSION := v2.15.0
GOLANGCI_LINT         := bin/golangci-lint-$(GOLANGCI_LINT_VERSION)
# renovate: datasource=go depName=helm.sh/helm/v4
HELM_VERSION          := v4.3.1
HELM                  := bin/helm-$(HELM_VERSION)
# The chart is for both.
# renovate: datasource=go depName=helm.sh/helm/v3
HELM3_VERSION         := v3.22.0
HELM3                 := bin/helm-$(HELM3_VERSION)
# renovate: datasource=go depName=github.com/helm-unittest/helm-unittest
HELM_UNITTEST_VERSION := v1.1.2
HELM_UNITTEST         := bin/helm-unittest-$(HELM_UNITTEST_VERSION)
# renovate: datasource=go depName=github.com/yannh/kubeconform
KUBECONFORM_VERSION   := v0.8.0
KUBECONFORM           := bin/kubeconform-$(KUBECONFORM_VERSION)
# renovate: datasource=go depName=github.com/rhysd/actionlint
ACTIONLINT_VERSION    := v1.7.12
ACTIONLINT            := bin/actionlint-$(ACTIONLINT_VERSION)

# What two programs have in common is compiled once if they are built alike: as
# e2e/build/flags.go builds, where the reasons are. GOGC has the compiler spend less
# time on its garbage.
SHARED := -trimpath -gcflags=all=-dwarf=false
TAGS   := grpcnotrace
BUILD  := CGO_ENABLED=0 GOGC=400 go build $(SHARED) -tags $(TAGS) -ldflags "-s -w"

# Built and run, not `go run`, which does not pass SIGTERM on.
run = cd e2e && $(BUILD) -o bin/$(1) ./cmd/$(1) && exec ./bin/$(1)

# The race detector needs a C compiler; CI installs one.
RACE := $(if $(shell command -v $(firstword $(CC) cc) || command -v gcc),-race)
# Without the race detector, tests are built as the programs are.
PLAIN := CGO_ENABLED=0 go test $(SHARED) -tags $(TAGS)
TEST  := $(if $(RACE),go test $(RACE),$(PLAIN))
# Packages without tests would be compiled for nothing: all of etcd, for one.
tested = $$(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./...)
# Compiles tests, and no more. They run without GOGC: some count garbage.
compile = GOGC=400 go list $(RACE) -export -test $(tested) >/dev/null

# It ends what hangs. How long tests take says only how busy the machine is.
ONLY_HANGS := -timeout 60m

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## a real API server, a registry and pullgate: what a kubectl user sees
	$(call run,demo)

.PHONY: demo-up
demo-up: ## the same, left running until Ctrl-C, with the KUBECONFIG to use
	$(call run,demo) -keep

.PHONY: build
build: ## build bin/pullgate
	$(BUILD) -o bin/pullgate ./cmd/pullgate

.PHONY: test
test: test-unit test-e2e ## every test that needs no root

.PHONY: test-unit
test-unit: race-notice ## unit tests, with the race detector
	$(if $(RACE),$(compile))
	$(TEST) $(ONLY_HANGS) ./...

# The binaries are built first, and not by the tests, so that the progress is on
# the terminal and the time does not count as a test's.
.PHONY: test-e2e
test-e2e: race-notice ## the built binary against a real API server and real registries
	$(call run,build)
	$(if $(RACE),cd e2e && $(compile))
	cd e2e && $(TEST) $(ONLY_HANGS) $(tested)

.PHONY: conformance
conformance: ## every case through a real kubelet's code and containerd, and through pullgate (root on Linux)
	$(call run,conformance)

.PHONY: messages
messages: ## docs/messages.md: what users are told, without pullgate and with it (root on Linux)
	$(call run,messages)

# The packages by name: only they have tests that need root.
.PHONY: test-root
test-root: ## the tests that need root on Linux: a real node, and what is left after it
	$(call run,build) -node
	cd e2e && $(PLAIN),conformance $(ONLY_HANGS) ./netns ./oracle ./node

# FAULTS='-short' is for CI, FAULTS='-only clock' for one thing.
.PHONY: faults
faults: ## break one thing after another under load, and count what that does to Pods (Linux)
	$(call run,faults) $(FAULTS)

# UPDATE_DOCS=1 writes docs/metrics.md anew. The package is named: only it has tests
# that need Prometheus.
.PHONY: monitoring
monitoring: ## alerts, dashboard and docs/metrics.md against a real run (Debian's package prometheus)
	$(call run,build) etcd kube-apiserver kubectl registry pullgate
	cd e2e && UPDATE_DOCS=$(UPDATE_DOCS) $(PLAIN),monitoring -count 1 $(ONLY_HANGS) ./monitoring

# BENCH=-short measures a little of everything, and writes nothing.
.PHONY: bench
bench: ## measure what pullgate costs beside a webhook that does nothing, for docs/performance.md (Linux)
	$(call run,bench) $(BENCH)

# How often, with an x behind it, or how long each target is fuzzed. As often, by
# default: Go's fuzzer now and then fails for nothing but that its time is over.
# Inputs are not made smaller for long: of a new path it matters that it is there.
FUZZTIME ?= 5000x
fuzzing   = -run '^$$' -fuzz '^Fuzz$(1)$$' -fuzztime $(FUZZTIME) -fuzzminimizetime 10x

.PHONY: chart
chart: $(HELM) $(KUBECONFORM) ## chart and manifest against a real API server: its schemas, and a dry run
	$(call run,chart) -helm ../$(HELM) -kubeconform ../$(KUBECONFORM)

.PHONY: e2e
e2e: $(HELM) ## installed with Helm on a real node: all that users do, and what they meet (root on Linux)
	$(call run,e2e) -helm ../$(HELM) $(E2E)

.PHONY: fuzz
fuzz: ## fuzz each target for FUZZTIME (5000x): all that strangers write, and what is held against the kubelet's
	go test ./certs $(call fuzzing,DecodeState)
	go test ./cmd/pullgate/config $(call fuzzing,Parse)
	go test ./webhook $(call fuzzing,Handle)
	go test ./webhook $(call fuzzing,Review)
	go test ./resolver $(call fuzzing,Challenge)
	go test ./resolver $(call fuzzing,Manifest)
	go test ./resolver $(call fuzzing,Tags)
	go test ./resolver/keyring $(call fuzzing,Secret)
	go test ./resolver/reference $(call fuzzing,OnNode)
	go test ./resolver/registry $(call fuzzing,HostsTOML)
	go test ./resolver/registry $(call fuzzing,Piecemeal)
	go test ./resolver/words $(call fuzzing,Words)
	cd e2e && go test ./differential $(call fuzzing,Keyring)
	cd e2e && go test ./differential $(call fuzzing,Reference)
	cd e2e && go test ./differential $(call fuzzing,ProviderConfig)
	cd e2e && go test ./differential $(call fuzzing,ProviderAnswer)
	cd e2e && go test ./differential $(call fuzzing,ProviderLookup)

.PHONY: docs
docs: ## write docs/configuration.md anew from the Go types
	UPDATE_DOCS=1 go test -count 1 -run '^TestDocs$$' ./cmd/pullgate/config

.PHONY: manifest
manifest: $(HELM) ## write deploy/install.yaml anew from the chart
	sh deploy/manifest.sh $(HELM) > deploy/install.yaml.new
	mv deploy/install.yaml.new deploy/install.yaml

.PHONY: race-notice
race-notice:
	@$(if $(RACE),:,echo 'There is no C compiler here: the tests run WITHOUT the race detector.' >&2)

# The linters read what the compiler has written, and have it compile all.
ALIKE := CGO_ENABLED=0 GOGC=400 GOFLAGS="$$(go env GOFLAGS) $(SHARED)"

# What go.mod requires at another version than e2e/go.mod. e2e requires the product's
# module, so its versions are never the lower ones.
one_version = awk 'NF < 2 || !/^\t/ {next} FNR == NR {at[$$1] = $$2; next} \
	$$1 in at && at[$$1] != $$2 {print "go get " $$1 "@" $$2; differ = 1} END {exit differ}' go.mod e2e/go.mod

.PHONY: lint
lint: $(GOLANGCI_LINT) $(HELM) $(HELM3) $(HELM_UNITTEST) $(ACTIONLINT) ## go vet, golangci-lint, tidy go.mod files; the chart, its manifest and the workflows
	$(HELM) lint --strict deploy/chart/pullgate
	$(HELM3) lint --strict deploy/chart/pullgate
	$(HELM_UNITTEST) deploy/chart/pullgate
	sh deploy/manifest.sh $(HELM) | diff deploy/install.yaml - || { echo 'deploy/install.yaml is not what the chart renders: run make manifest' >&2; exit 1; }
	sh deploy/manifest.sh $(HELM3) | diff deploy/install.yaml - || { echo 'Helm 3 renders another manifest than Helm 4' >&2; exit 1; }
	$(ACTIONLINT)
	$(ALIKE) go vet -tags $(TAGS) ./...
	cd e2e && $(ALIKE) go vet -tags $(TAGS) ./...
	$(ALIKE) $(GOLANGCI_LINT) run ./...
	cd e2e && $(ALIKE) ../$(GOLANGCI_LINT) run --config ../.golangci.yaml ./...
	go mod tidy -diff
	cd e2e && go mod tidy -diff
	cd e2e/plugins && go mod tidy -diff
	@$(one_version) || { echo 'e2e/go.mod requires these at other versions than go.mod, so they are compiled twice: run this, and go mod tidy in e2e' >&2; exit 1; }

# install builds a tool, and gives it the target's name.
install = mkdir -p bin && GOBIN=$(CURDIR)/bin go install -ldflags '-s -w' $(1) && mv bin/$(notdir $(firstword $(subst @, ,$(1)))) $@

$(GOLANGCI_LINT):
	$(call install,github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION))

# For those who need not care which version it is.
bin/helm: $(HELM)
	ln -sf $(notdir $(HELM)) $@

# Each tool of a version has a name of its own, and is built once.
$(HELM):
	$(call install,helm.sh/helm/v4/cmd/helm@$(HELM_VERSION))

$(HELM3):
	$(call install,helm.sh/helm/v3/cmd/helm@$(HELM3_VERSION))

$(KUBECONFORM):
	$(call install,github.com/yannh/kubeconform/cmd/kubeconform@$(KUBECONFORM_VERSION))

$(ACTIONLINT):
	$(call install,github.com/rhysd/actionlint/cmd/actionlint@$(ACTIONLINT_VERSION))

# Its go.mod replaces a module, which `go install` refuses: so it is built where
# the go command has put it.
$(HELM_UNITTEST):
	mkdir -p bin
	module=$$(go mod download -json github.com/helm-unittest/helm-unittest@$(HELM_UNITTEST_VERSION) | sed -n 's/^.*"Dir": "\(.*\)",*$$/\1/p') && \
		go -C "$$module" build -ldflags '-s -w' -o $(CURDIR)/$@ ./cmd/helm-unittest

.PHONY: clean
clean: ## delete what was built here
	rm -rf bin e2e/bin e2e/out
