# What a fresh clone needs to build, test and show. Everything else is `cargo` as usual.

export PATH := $(HOME)/.cargo/bin:$(PATH)

FMT := cargo fmt --

# One more than the browsers that they have at a time: see tests/browser/harness.rs.
TEST_THREADS = $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 2)))

.PHONY: help setup build man install demo selftest golden test test-other test-grid bench validate fuzz lint fmt clean

help:
	@echo "make setup      install what this machine lacks: browsers, drivers, npm"
	@echo "make demo       prove all events of the built-in reference site in Firefox"
	@echo "make test       all tests; those in real browsers in one of the two"
	@echo "make test-other the tests in real browsers once more, each in the other browser"
	@echo "make selftest   seed every fault of the catalogue in both browsers, show that each is caught"
	@echo "make golden     record every entry of the catalogue for the tests without a browser"
	@echo "make test-grid  run the built program through a Selenium Grid on this machine (installs Java and the grid)"
	@echo "make bench      measure against others and against itself (an hour; BENCH='--only NAME --rounds 1' for a part)"
	@echo "make validate   show reports to the programs that read them (needs Python, Node.js and Chromium)"
	@echo "make fuzz       search for what breaks a fuzz target: TARGET=messages (needs cargo-fuzz and a nightly compiler)"
	@echo "make lint       formatting, clippy and the library's documentation"
	@echo "make build      the optimised binary, target/release/chatproof"
	@echo "make man        the man pages, target/man/"
	@echo "make install    binary, man pages and completions below PREFIX (/usr/local), or DESTDIR/PREFIX for packagers"
	@echo "make fmt        format the code"

setup:
	@scripts/setup.sh

build:
	cargo build --release --locked

man: build
	target/release/chatproof man --dir target/man

PREFIX ?= /usr/local
install: man
	install -D -m 755 target/release/chatproof "$(DESTDIR)$(PREFIX)/bin/chatproof"
	install -d "$(DESTDIR)$(PREFIX)/share/man/man1"
	install -m 644 target/man/*.1 "$(DESTDIR)$(PREFIX)/share/man/man1"
	install -d "$(DESTDIR)$(PREFIX)/share/bash-completion/completions" "$(DESTDIR)$(PREFIX)/share/zsh/site-functions" \
		"$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d"
	target/release/chatproof completions bash > "$(DESTDIR)$(PREFIX)/share/bash-completion/completions/chatproof"
	target/release/chatproof completions zsh > "$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_chatproof"
	target/release/chatproof completions fish > "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/chatproof.fish"

# A debug build: it is there sooner, and the browser takes the time anyhow. It is built while the browsers are installed.
demo:
	@scripts/setup.sh --for demo cargo build --locked --quiet --bin chatproof
	cargo run --locked --quiet -- demo

# Six at a time: twelve, as without --jobs, would be each other's slow machine where there are two cores.
selftest: setup
	cargo run --locked --quiet -- selftest --browser firefox --browser chromium --jobs 6

# Look at the differences before you keep them: they are what the tests hold the judge to.
golden: setup
	cargo run --locked --quiet -- selftest fixtures/catalogue.yaml --browser chromium --save-golden tests/golden

# Without backtraces, also where they are asked for: a failing test says what was wrong, and the frames of an async runtime
# push that out of the part of a log that a CI server keeps. Those without a browser first: they say sooner what is wrong.
test test-other: export RUST_BACKTRACE = 0
# Which browser a test is run in: see tests/browser/harness.rs. CHATPROOF_TEST_BROWSERS=both is `make test` and `test-other` at once.
CHATPROOF_TEST_BROWSERS ?= one
test: export CHATPROOF_TEST_BROWSERS := $(CHATPROOF_TEST_BROWSERS)
test:
	@scripts/setup.sh cargo test --locked --quiet --no-run
	cargo test --locked --lib --bins --test plain
	cargo test --locked --test browser -- --test-threads $(TEST_THREADS)
	cargo test --locked --doc

# Without those that have a browser of their own choice.
test-other: export CHATPROOF_TEST_BROWSERS = other
test-other: setup
	cargo test --locked --test browser -- --test-threads $(TEST_THREADS) --skip docs:: --skip selftest::

# A hub and two nodes on loopback; what they need is installed into target/grid. `scripts/test-grid.sh NAME...` runs some scenarios.
test-grid:
	@scripts/test-grid.sh

# One table of ratios; `make bench BENCH=--help` lists what is in it.
bench: setup
	cargo bench --locked --bench ratios -- $(BENCH)

# Asks schemas and parsers of others, which are installed into target/validate.
validate:
	@scripts/validate.sh

fuzz:
	RUSTC_WRAPPER="$(CURDIR)/fuzz/rustc.sh" cargo +nightly fuzz run --sanitizer none "$(TARGET)" -- -timeout=10

lint:
	$(FMT) --check
	cargo clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --quiet

fmt:
	$(FMT)

clean:
	cargo clean
