.PHONY: run test gen bench soak audit screenshots

run: ## builds the editor and the server, and starts it in demo mode on http://localhost:8080
	@scripts/run

test: ## runs every check and every test; `scripts/test STAGE…` runs a few
	@scripts/test

gen: ## writes the derived files anew: OpenAPI, node catalogue, schemas, the editor's API types
	@scripts/gen

bench: ## measures the built server beside a bare floor and other servers on this machine
	@scripts/bench

soak: ## kills real servers hundreds of times under load, and checks that nothing was lost; `scripts/soak 1000` for more
	@scripts/soak

audit: ## checks licences, bans and advisories (needs cargo-deny)
	@cargo deny check

screenshots: ## takes the pictures of the docs from the real editor
	@scripts/screenshots
