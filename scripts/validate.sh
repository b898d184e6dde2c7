#!/usr/bin/env bash
# Shows the reports of a run with every outcome to the programs that will read them: JUnit to the XML Schema of Jenkins'
# xUnit plugin and to junitparser, CTRF to its published JSON Schema, TAP to node-tap's parser, OpenMetrics to Prometheus'
# client library, traces to OpenTelemetry's own protocol types, JSON to our own schema, HTML to a validator and, in Chromium, to axe-core.
#
# What it needs besides Python 3 (with venv) and Node.js (with npm) it installs into target/validate, once.
set -euo pipefail

cd "$(dirname "$0")/.."
export PATH="$HOME/.cargo/bin:$PATH"

say() { printf '%s\n' "$*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }

# --- what is missing ------------------------------------------------------------------------------------------------

missing=0
need() {
    has "$1" && return 0
    say "$1 is missing: $2"
    missing=1
}
need cargo "install Rust 1.89 or later from https://rustup.rs/"
need python3 "sudo apt-get install python3 python3-venv (or your system's Python 3)"
need node "sudo apt-get install nodejs (18 or later)"
need npm "sudo apt-get install npm"
need chromedriver "scripts/setup.sh"
if has python3 && ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
    say "Python has no venv: sudo apt-get install python3-venv"
    missing=1
fi
[ "$missing" -eq 0 ] || exit 1

# --- the other programs -----------------------------------------------------------------------------------------------

tools=target/validate
mkdir -p "$tools"
python=$tools/python/bin/python
if ! [ -e "$tools/python3.ready" ]; then
    say "installing junitparser, jsonschema, lxml, opentelemetry-proto and prometheus-client into $tools"
    python3 -m venv --clear "$tools/python"
    "$python" -m pip install --quiet --disable-pip-version-check \
        'junitparser>=3.2,<5' 'jsonschema[format]>=4.20,<5' 'lxml>=5,<7' 'prometheus-client>=0.20,<1' \
        'opentelemetry-proto>=1.36,<2'
    # pytest tests its own reports by a copy of the schema of Jenkins' xUnit plugin; only its source package has it.
    "$python" -m pip download --quiet --disable-pip-version-check --no-deps --no-binary pytest \
        --dest "$tools/pytest" 'pytest==8.4.2'
    tar -xzf "$tools"/pytest/pytest-8.4.2.tar.gz -C "$tools/pytest" --strip-components=3 \
        pytest-8.4.2/testing/example_scripts/junit-10.xsd
    touch "$tools/python3.ready"
fi
if ! [ -e "$tools/node2.ready" ]; then
    say "installing ctrf, tap-parser, axe-core and html-validate into $tools"
    npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$tools/node" \
        'ctrf@^0.3.0' 'tap-parser@^18' 'axe-core@^4' 'html-validate@^10'
    touch "$tools/node2.ready"
fi

# --- the reports ------------------------------------------------------------------------------------------------------

CARGO_TARGET_DIR=target cargo test --locked --quiet --test plain -- \
    formats::every_outcome_is_there otlp::a_collector_gets_every_outcome >/dev/null
reports=target/tmp/every-outcome

"$python" scripts/validate.py "$reports" \
    "$tools/pytest/junit-10.xsd" \
    "$tools/node/node_modules/ctrf/dist/ctrf-schema-0.0.json" \
    specs/report.schema.json

CARGO_TARGET_DIR=target cargo test --locked --quiet --test plain report_html::every_outcome_is_told >/dev/null
node scripts/validate-html.mjs "$tools/node/node_modules" target/tmp/report-html/*.html

for report in "$reports"/*.tap; do
    node scripts/validate-tap.mjs "$tools/node/node_modules" "$report"
done
