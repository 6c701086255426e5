# "make test" is all that CI runs; "make help" lists the rest.

.PHONY: help test verify bench fuzz lint quickstart

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

test: ## install what is missing (Debian), then run every check and test
	@bash .ci/install
	@bash .ci/test

verify: ## the proofs of clientstorage and wsconn in their long form; ten minutes
	@bash .ci/install redis-server
	ROLLCALL_REQUIRE_SERVERS=1 ROLLCALL_VERIFY=long go test -count=1 -v -timeout 2h ./internal/verify/...
	ROLLCALL_VERIFY=long go test -count=1 -v -run 'TestChurn|TestRandomLives' ./wsconn

bench: ## measure attach, look up, detach, connect, echo and leave beside the peers
	@bash .ci/install redis-server
	go -C bench run .

fuzz: ## run every fuzz target for a while; FUZZTIME=1m each by default
	@bash .ci/fuzz

lint: ## the checks of "make test" that need no server
	@bash .ci/test lint

quickstart: ## serve the example website on http://127.0.0.1:8080
	go run ./examples/quickstart
