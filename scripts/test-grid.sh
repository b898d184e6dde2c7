#!/usr/bin/env bash
# Runs the built program through a real Selenium Grid: a hub that wants a user and a password, and two nodes, all on loopback.
# Installs what this machine lacks for that (Java, Maven; the grid's own files go into target/grid). Prints a line for each
# scenario, and ends with 1 if one of them fails. Whatever it starts is ended, whichever way it's left.
#
#   scripts/test-grid.sh             all scenarios
#   scripts/test-grid.sh queue node  those whose names contain one of these words
#   scripts/test-grid.sh --with 8 COMMAND...
#                                    none: a grid with eight slots for each browser, for as long as the command runs, which
#                                    finds its address in GRID
set -euo pipefail
cd "$(dirname "$0")/.."

VERSION=4.35.0
# How long a session is waited for where there is no slot at all.
PATIENCE=${PATIENCE:-60s}
USER_NAME=tester
PASSWORD='p@ss:w%rd'
ENCODED='p%40ss%3Aw%25rd'
HOME_OF_GRID=target/grid
slots=1
command=()
if [ "${1:-}" = --with ]; then
    [[ "${2:-}" =~ ^[1-9][0-9]*$ && $# -gt 2 ]] || { echo "usage: scripts/test-grid.sh --with SLOTS COMMAND..." >&2; exit 2; }
    slots=$2
    command=("${@:3}")
    set --
fi
only=("$@")

say() { printf '%s\n' "$*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }

# --- what is missing ------------------------------------------------------------------------------------------------

java_fits() { has java && [ "$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -1)" -ge 17 ] 2>/dev/null; }

packages=()
# Which one there is depends on the distribution's age.
java_fits || packages+=(default-jre-headless)
[ -s "$HOME_OF_GRID/$VERSION.list" ] || has mvn || packages+=(maven)
if [ ${#packages[@]} -gt 0 ]; then
    as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    if ! has apt-get || { [ ${#as_root[@]} -gt 0 ] && ! has sudo; }; then
        say "install Java 17 or later and Maven, then run this again"
        exit 1
    fi
    say "installing ${packages[*]}"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
    if ! java_fits; then
        say "the Java that apt-get has is older than 17: install a newer one, then run this again"
        exit 1
    fi
fi

mkdir -p "$HOME_OF_GRID"
if [ ! -s "$HOME_OF_GRID/$VERSION.list" ]; then
    say "fetching selenium-grid $VERSION from Maven Central"
    rm -rf "$HOME_OF_GRID/lib"
    cat > "$HOME_OF_GRID/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>chatproof</groupId>
  <artifactId>test-grid</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.seleniumhq.selenium</groupId>
      <artifactId>selenium-grid</artifactId>
      <version>$VERSION</version>
    </dependency>
  </dependencies>
</project>
POM
    mvn -q -B -f "$HOME_OF_GRID/pom.xml" dependency:copy-dependencies -DoutputDirectory=lib
    # Only a list of all that was fetched says that all of it was.
    ls "$HOME_OF_GRID/lib" > "$HOME_OF_GRID/$VERSION.list"
fi

if [ -z "${CHATPROOF:-}" ] && [ ${#command[@]} -eq 0 ]; then
    CARGO_TARGET_DIR=target scripts/setup.sh cargo build --locked --quiet --bin chatproof
    CHATPROOF="$PWD/target/debug/chatproof"
fi

# --- starting and ending --------------------------------------------------------------------------------------------

work=$(mktemp -d "${TMPDIR:-/tmp}/chatproof-grid-XXXXXX")
# Whatever is started carries it, and what that starts: drivers and browsers leave their parents' process groups.
mark="CHATPROOF_TEST_GRID=$$-$RANDOM"

# The ids of living processes with a mark.
marked() {
    local file state
    for file in /proc/[0-9]*/environ; do
        if grep -qzxF -- "$1" "$file" 2>/dev/null; then
            state=$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "${file%environ}status" 2>/dev/null || true)
            [ "$state" = Z ] || basename "$(dirname "$file")"
        fi
    done 2>/dev/null
}

finish() {
    local ids
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        ids=$(marked "$mark")
        [ -z "$ids" ] && break
        # shellcheck disable=SC2086
        kill -KILL $ids 2>/dev/null || true
        sleep 0.3
    done
    if [ "${KEEP:-}" ]; then say "kept: $work"; else rm -rf "$work"; fi
}
trap finish EXIT
trap 'exit 130' INT TERM

declare -A used
free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        if [ -z "${used[$port]:-}" ] && ! (exec 3<> "/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            used[$port]=1
            free=$port
            return
        fi
    done
}

# Waits until a command holds, at most so many seconds.
wait_for() {
    local until=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$until" ] || return 1
        sleep 0.5
    done
}

grid() { exec env "$mark" java -Xmx256m -XX:TieredStopAtLevel=1 -cp "$HOME_OF_GRID/lib/*" org.openqa.selenium.grid.Main "$@"; }

free_port; hub=$free
free_port; publish=$free
free_port; subscribe=$free
ADDRESS="http://127.0.0.1:$hub"
LOGIN="http://$USER_NAME:$ENCODED@127.0.0.1:$hub"

start_hub() {
    grid hub --host 127.0.0.1 --port "$hub" --publish-events "tcp://127.0.0.1:$publish" \
        --subscribe-events "tcp://127.0.0.1:$subscribe" --username "$USER_NAME" --password "$PASSWORD" \
        > "$work/hub.log" 2>&1 &
    # It is ended without a word.
    disown
}

first_of() {
    local program
    for program in "$@"; do
        if [ -n "$program" ] && has "$program"; then command -v "$program"; return; fi
    done
    return 1
}
firefox=$(first_of "${CHATPROOF_FIREFOX:-}" firefox-esr firefox) || { say "there is no firefox here: run scripts/setup.sh"; exit 1; }
geckodriver=$(first_of "${CHATPROOF_GECKODRIVER:-}" geckodriver "$HOME/.cargo/bin/geckodriver") || { say "there is no geckodriver here: run scripts/setup.sh"; exit 1; }
chromium=$(first_of "${CHATPROOF_CHROMIUM:-}" chromium chromium-browser google-chrome) || { say "there is no chromium here: run scripts/setup.sh"; exit 1; }
chromedriver=$(first_of "${CHATPROOF_CHROMEDRIVER:-}" chromedriver) || { say "there is no chromedriver here: run scripts/setup.sh"; exit 1; }

# Nodes by their ports.
declare -A nodes
# A node with so many slots for each browser, under the version that is given.
start_node() {
    local name=$1 version=$2
    free_port
    cat > "$work/$name.toml" <<TOML
[node]
detect-drivers = false
override-max-sessions = true
max-sessions = $((slots * 2))
[[node.driver-configuration]]
display-name = "firefox"
max-sessions = $slots
webdriver-executable = "$geckodriver"
stereotype = '{"browserName": "firefox", "browserVersion": "$version", "platformName": "linux", "moz:firefoxOptions": {"binary": "$firefox"}}'
[[node.driver-configuration]]
display-name = "chrome"
max-sessions = $slots
webdriver-executable = "$chromedriver"
stereotype = '{"browserName": "chrome", "browserVersion": "$version", "platformName": "linux", "goog:chromeOptions": {"binary": "$chromium"}}'
TOML
    grid node --host 127.0.0.1 --port "$free" --hub "$ADDRESS" --publish-events "tcp://127.0.0.1:$publish" \
        --subscribe-events "tcp://127.0.0.1:$subscribe" --config "$work/$name.toml" --heartbeat-period 5 \
        > "$work/$name.log" 2>&1 &
    nodes[$free]=$!
    disown
}

ask() {
    local path=$1 answer=""
    exec 3<> "/dev/tcp/127.0.0.1/$hub" || return 1
    printf 'GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Basic %s\r\n\r\n' "$path" \
        "$(printf '%s:%s' "$USER_NAME" "$PASSWORD" | base64 -w 0)" >&3
    answer=$(timeout 10 cat <&3) || true
    exec 3>&-
    printf '%s' "$answer"
}
up() { [ "$(ask /status 2>/dev/null | grep -c '"availability": "UP"')" -ge "$1" ]; }
sessions() { ask /status 2>/dev/null | grep -c '"sessionId"' || true; }
idle() { [ "$(sessions)" = 0 ] && ask /se/grid/newsessionqueue/queue 2>/dev/null | tr -d '[:space:]' | grep -q '"value":\[\]'; }

is_up() {
    wait_for 300 up "$1" && return
    say "the grid did not come up:"
    tail -n 20 "$work"/*.log >&2
    exit 1
}

start_hub
start_node one 150.0
if [ ${#command[@]} -gt 0 ]; then
    is_up 1
    code=0
    env GRID="$LOGIN" "${command[@]}" || code=$?
    exit "$code"
fi
start_node two 160.0
is_up 2

# --- scenarios ------------------------------------------------------------------------------------------------------

passed=0
failed=0
began=$SECONDS
# Set by a scenario: its exit code, and what was printed.
code=0
out=""

selected() {
    [ ${#only[@]} -eq 0 ] && return 0
    local word
    for word in "${only[@]}"; do case "$1" in *"$word"*) return 0 ;; esac; done
    return 1
}

# A scenario's verdict: its name, and what must be. Whatever fails shows all that was printed.
verdict() {
    local name=$1 why=""
    shift
    while [ $# -gt 0 ]; do
        case "$1" in
            code=*) [ "$code" = "${1#code=}" ] || why+="; exit code $code, expected ${1#code=}" ;;
            has=*) grep -qF -- "${1#has=}" <<< "$out" || why+="; nothing printed has \"${1#has=}\"" ;;
            lacks=*) ! grep -qF -- "${1#lacks=}" <<< "$out" || why+="; \"${1#lacks=}\" is printed" ;;
            idle) wait_for 60 idle || why+="; the grid isn't idle: $(sessions) sessions" ;;
            alone) [ -z "$(marked CHATPROOF_TEST_RUN=1)" ] || why+="; processes of the run are left" ;;
        esac
        shift
    done
    # Whatever happens, the password is in no output.
    ! grep -qF -e "$PASSWORD" -e "$ENCODED" <<< "$out" || why+="; the password is printed"
    if [ -z "$why" ]; then
        passed=$((passed + 1))
        printf 'ok      %-10s %s s\n' "$name" "$((SECONDS - scenario_began))"
    else
        failed=$((failed + 1))
        printf 'FAILED  %-10s %s\n' "$name" "${why#; }"
        sed 's/^/        | /' <<< "$out"
    fi
}

run() {
    code=0
    out=$(cd "$work" && env "$mark" CHATPROOF_TEST_RUN=1 "$CHATPROOF" "$@" 2>&1 < /dev/null) || code=$?
}

# The same beside others: `finished NAME` takes its exit code and what it printed.
declare -A running
begin() {
    local name=$1
    shift
    (cd "$work" && exec env "$mark" CHATPROOF_TEST_RUN=1 "$CHATPROOF" "$@" > "$work/$name.out" 2>&1 < /dev/null) &
    running[$name]=$!
}
finished() {
    code=0
    wait "${running[$1]}" || code=$?
    out=$(cat "$work/$1.out")
}
printed() { grep -qF -- "$2" "$work/$1.out" 2>/dev/null; }

env "$mark" "$CHATPROOF" serve --port 0 > "$work/serve.out" 2>&1 &
wait_for 60 grep -q 'http://' "$work/serve.out"
SITE=$(grep -o 'http://[0-9.:]*' "$work/serve.out" | head -1)
# Journeys that hold a session: for as long as their pause.
held() {
    cat > "$work/$1.yaml" <<YAML
spec: adobe-dynamic-chat
base_url: $SITE
levels: { "coverage.*": record }
browsers:
  - { name: old-firefox, browserName: firefox, browserVersion: "150.0" }
  - { name: new-firefox, browserName: firefox, browserVersion: "160.0" }
  - { name: no-firefox, browserName: firefox, browserVersion: "99.0" }
journeys:
  look:
    steps:
      - { open: /pricing, may_fire: CONVERSATION_TRIGGERED }
      - pause: $2
YAML
}
held short 1s
held long 40s
WAIT=(--session-timeout 10m)

scenario_began=$SECONDS
if selected demo; then
    run demo --webdriver "$LOGIN" "${WAIT[@]}" --browser firefox --browser chromium
    verdict demo code=0 has='Conforms' idle alone
fi

scenario_began=$SECONDS
if selected selftest; then
    run selftest --webdriver "$LOGIN" "${WAIT[@]}" --browser firefox --browser chromium --jobs 4 --only '*-twice' --only 'payload-*'
    verdict selftest code=0 idle alone
fi

scenario_began=$SECONDS
if selected columns; then
    run run short.yaml --webdriver "$LOGIN" "${WAIT[@]}" --browser old-firefox --browser new-firefox --report json=columns.json
    out+=$(cat "$work/columns.json" 2>/dev/null || true)
    verdict columns code=0 has=old-firefox has=new-firefox idle alone
fi

scenario_began=$SECONDS
if selected version; then
    run run short.yaml --webdriver "$LOGIN" --session-timeout 25s --browser no-firefox
    verdict version code=3 has='waiting for a free slot' has='none of its slots is for no-firefox' has='firefox 150.0' idle alone
fi

scenario_began=$SECONDS
if selected login; then
    run run short.yaml --webdriver "$ADDRESS" --browser firefox
    verdict login code=3 has="doesn't let chatproof in" idle alone
fi

scenario_began=$SECONDS
if selected queue; then
    # Two runs take both slots; the third waits for one of them, the fourth not long enough.
    begin one run long.yaml --webdriver "$LOGIN" "${WAIT[@]}" --browser firefox
    begin two run long.yaml --webdriver "$LOGIN" "${WAIT[@]}" --browser firefox
    wait_for 300 printed one 'look … 2 steps' && wait_for 300 printed two 'look … 2 steps' || true
    begin three run short.yaml --webdriver "$LOGIN" "${WAIT[@]}" --browser firefox
    run run short.yaml --webdriver "$LOGIN" --session-timeout 12s --browser firefox
    verdict full code=3 has='no free slot' has='are taken' has='in its queue'
    finished three
    verdict queue code=0 has='waiting for a free slot' has='are taken'
    finished one
    verdict holder code=0
    finished two
    verdict holder code=0 idle alone
fi

scenario_began=$SECONDS
if selected interrupt; then
    begin one run long.yaml --webdriver "$LOGIN" "${WAIT[@]}" --browser no-firefox
    wait_for 60 printed one 'waiting for a free slot' || true
    kill -INT "${running[one]}"
    finished one
    verdict interrupt code=130 idle alone
fi

# The process of the node that has the one session which there is.
holder() {
    local port
    port=$(ask /status | awk '/"uri"/ { uri = $0 } /"sessionId"/ { print uri; exit }' | sed 's/.*:\([0-9]*\)".*/\1/')
    [ -n "$port" ] && holder=${nodes[$port]:-} && [ -n "$holder" ]
}

scenario_began=$SECONDS
if selected node; then
    # A node goes away in mid-run: its journey is run again in the other.
    begin one run long.yaml --webdriver "$LOGIN" "${WAIT[@]}" --browser firefox
    wait_for 300 printed one 'look … 2 steps' || true
    holder && kill -KILL "$holder"
    finished one
    verdict node code=0 has='was lost' alone
    scenario_began=$SECONDS
    # The other one, too: there is nothing left to run it in.
    begin one run long.yaml --webdriver "$LOGIN" --session-timeout "$PATIENCE" --browser firefox
    wait_for 300 printed one 'look … 2 steps' || true
    kill -KILL "${nodes[@]}" 2>/dev/null || true
    finished one
    verdict nodes code=3 alone
fi

if [ "$((passed + failed))" -eq 0 ]; then
    say "no scenario is called like that"
    exit 2
fi
say "all scenarios: $((SECONDS - began)) s"
printf '%s\n' "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
