#!/usr/bin/env bash
# Installs what this machine lacks to build chatproof, to run it in real browsers and to test it: Firefox, Chromium and
# their drivers, and npm for the tests' client libraries. Idempotent: what is there is left alone, and nothing is said if all of it is.
#
# Usage: setup.sh [--for demo] [COMMAND...]
#
# `--for demo`: only what the demo needs, which runs in Firefox.
#
# COMMAND is a build, such as `cargo build`: it needs a C compiler and nothing else, so it runs while the rest is
# installed, as does the build of geckodriver where the system has none. What they print is kept, and shown if they fail.
#
# Where it can't install (another system, no rights), it says exactly what to install and ends with 1. If COMMAND fails,
# it ends with COMMAND's exit code.
#
# Chrome and Edge are left to you: their makers hand them out, each with a driver of its own version. Where one is here without
# that driver, it says which to get.
set -euo pipefail

export PATH="$HOME/.cargo/bin:$PATH"

say() { printf '%s\n' "$*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }

# --- what is missing ------------------------------------------------------------------------------------------------

# Ubuntu's /usr/bin/firefox and /usr/bin/chromium-browser are stubs that only say to install a snap: a program counts
# if it answers.
works() {
    local program
    for program in "$@"; do
        if [ -n "$program" ] && has "$program" && timeout 20 "$program" --version >/dev/null 2>&1; then
            return 0
        fi
    done
    return 1
}

in_directory() { if [ -n "${1:-}" ]; then printf '%s/%s' "$1" "$2"; fi; }

have_cc() { has cc || has gcc || has clang; }
have_firefox() {
    works "${CHATPROOF_FIREFOX:-}" firefox firefox-esr /snap/bin/firefox \
        /Applications/Firefox.app/Contents/MacOS/firefox
}
have_geckodriver() {
    works "${CHATPROOF_GECKODRIVER:-}" geckodriver "$(in_directory "${GECKOWEBDRIVER:-}" geckodriver)" \
        /snap/bin/geckodriver
}
have_chromium() {
    works "${CHATPROOF_CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable /snap/bin/chromium \
        "/Applications/Chromium.app/Contents/MacOS/Chromium" \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
}
have_chromedriver() {
    works "${CHATPROOF_CHROMEDRIVER:-}" chromedriver chromium.chromedriver \
        "$(in_directory "${CHROMEWEBDRIVER:-}" chromedriver)" /usr/lib/chromium-browser/chromedriver \
        /snap/bin/chromium.chromedriver
}

have_npm() { works node && works npm; }

major() { timeout 20 "$1" --version 2>/dev/null </dev/null | grep -oE '[0-9]+\.' | head -n 1 | tr -d .; }

# tell_product TITLE NAME DRIVER VARIABLE URL BROWSER... -- PROGRAM...
#
# If one of BROWSER is here and none of PROGRAM is a driver of its major version: what to get.
tell_product() {
    local title=$1 name=$2 driver=$3 variable=$4 url=$5 browser="" program version
    shift 5
    while [ "$1" != -- ]; do
        if [ -z "$browser" ] && works "$1"; then browser=$1; fi
        shift
    done
    shift
    [ -n "$browser" ] || return 0
    version=$(major "$browser") || version=""
    for program in "$@"; do
        if works "$program" && [ "$(major "$program")" = "$version" ]; then return 0; fi
    done
    say "$title $version is here without its driver, so \`--browser $name\` can't be used:"
    say "  get $driver $version from $url, and put it on PATH or set $variable to its path"
}

tell_products() {
    tell_product Chrome chrome chromedriver CHATPROOF_CHROMEDRIVER \
        https://googlechromelabs.github.io/chrome-for-testing/ \
        "${CHATPROOF_CHROME:-}" google-chrome google-chrome-stable \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" -- \
        "${CHATPROOF_CHROMEDRIVER:-}" chromedriver "$(in_directory "${CHROMEWEBDRIVER:-}" chromedriver)"
    tell_product Edge edge msedgedriver CHATPROOF_MSEDGEDRIVER \
        https://developer.microsoft.com/microsoft-edge/tools/webdriver/ \
        "${CHATPROOF_EDGE:-}" microsoft-edge microsoft-edge-stable \
        "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge" -- \
        "${CHATPROOF_MSEDGEDRIVER:-}" msedgedriver "$(in_directory "${EDGEWEBDRIVER:-}" msedgedriver)"
}

# Whether it was missing at first: `have_…` starts programs, which takes its time.
lacks() { case " $before " in *" $1 "*) return 0 ;; *) return 1 ;; esac; }

needed="cc firefox chromium chromedriver geckodriver npm"
all=yes
if [ "${1:-}" = --for ]; then
    case "${2:-}" in
        demo)
            needed="cc firefox geckodriver"
            all=no
            ;;
        *)
            say "setup.sh: \`--for ${2:-}\` isn't known; write \`--for demo\`, or leave it out"
            exit 2
            ;;
    esac
    shift 2
fi

missing() {
    local what
    for what in $needed; do
        "have_$what" || printf '%s ' "$what"
    done
}

has timeout || timeout() { shift; "$@"; } # macOS has none

if ! has cargo; then
    say "cargo is missing: install Rust 1.89 or later from https://rustup.rs/, then run this again"
    exit 1
fi

before=$(missing)
if [ -z "$before" ]; then
    [ "$all" = no ] || tell_products
    [ $# -eq 0 ] && exit 0
    exec "$@"
fi
say "missing: $before"

# --- what is done beside the installing -------------------------------------------------------------------------------

# Parallel lists. Plain ones, and never expanded while empty: macOS has bash 3.2.
names=()
pids=()
logs=$(mktemp -d)

# shellcheck disable=SC2317 # Called by the traps.
stop() {
    local at
    for ((at = 0; at < ${#pids[@]}; at++)); do kill "${pids[at]}" 2>/dev/null || true; done
    rm -rf "$logs"
}
# A shell's background processes don't hear Ctrl-C by themselves.
trap 'stop; trap - EXIT; exit 130' INT
trap 'stop; trap - EXIT; exit 143' TERM
trap stop EXIT

# beside NAME COMMAND...
beside() {
    local name=$1
    shift
    say "meanwhile: $name"
    "$@" >"$logs/${#names[@]}" 2>&1 </dev/null &
    pids+=($!)
    names+=("$name")
}

# Waits for all of them. Ends with the exit code of the last one that failed.
finish() {
    local at code ended=0
    for ((at = 0; at < ${#pids[@]}; at++)); do
        kill -0 "${pids[at]}" 2>/dev/null && say "waiting for: ${names[at]}"
        code=0
        wait "${pids[at]}" || code=$?
        if [ "$code" -ne 0 ]; then
            say "failed: ${names[at]}"
            cat "$logs/$at" >&2
            ended=$code
        fi
    done
    pids=()
    names=()
    return "$ended"
}

# Unoptimised, which is there much sooner: all that it does is to hand messages on to the browser.
build_geckodriver() {
    beside "building geckodriver (once)" \
        env CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_DEBUG=false cargo install geckodriver --locked
}

# --- how to install -------------------------------------------------------------------------------------------------

system=other
if [ -r /etc/os-release ]; then
    # shellcheck disable=SC1091
    . /etc/os-release
    case " ${ID:-} ${ID_LIKE:-} " in
        *" ubuntu "*) system=ubuntu ;;
        *" debian "*) system=debian ;;
    esac
elif [ "$(uname -s)" = Darwin ]; then
    system=macos
fi

as_root=()
can_root=yes
if [ "$(id -u)" -ne 0 ]; then
    if has sudo && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        as_root=(sudo)
    else
        can_root=no
    fi
fi

updated=no
apt_install() {
    if [ "$updated" = no ]; then
        "${as_root[@]}" apt-get update -qq
        updated=yes
    fi
    say "installing $*"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# Ubuntu has both browsers as snaps only. They bring their drivers: /snap/bin/geckodriver (an alias that older
# revisions lack) and /snap/bin/chromium.chromedriver. A snap needs snapd running, which containers don't have.
snap_install() {
    if ! has snap || ! snap version >/dev/null 2>&1; then
        say "$1 is a snap on Ubuntu, and snapd doesn't run here"
        return 1
    fi
    say "installing the snap $1"
    "${as_root[@]}" snap install "$1" >/dev/null
}

# Mozilla's own packages: the one way to get Firefox on Ubuntu without snapd.
mozilla_apt() {
    has curl || apt_install ca-certificates curl
    "${as_root[@]}" install -d -m 0755 /etc/apt/keyrings
    curl -fsSL https://packages.mozilla.org/apt/repo-signing-key.gpg |
        "${as_root[@]}" tee /etc/apt/keyrings/packages.mozilla.org.asc >/dev/null
    echo "deb [signed-by=/etc/apt/keyrings/packages.mozilla.org.asc] https://packages.mozilla.org/apt mozilla main" |
        "${as_root[@]}" tee /etc/apt/sources.list.d/mozilla.list >/dev/null
    printf 'Package: firefox*\nPin: origin packages.mozilla.org\nPin-Priority: 1000\n' |
        "${as_root[@]}" tee /etc/apt/preferences.d/mozilla >/dev/null
    updated=no
    apt_install firefox
}

# Every build needs it.
if [ "$can_root" = yes ] && ! have_cc; then
    case "$system" in
        debian | ubuntu) apt_install gcc libc6-dev || true ;;
    esac
fi

command_name="$*"
if have_cc; then
    [ $# -gt 0 ] && beside "$command_name" "$@"
    # Ubuntu's snap of Firefox brings it, and Homebrew has it: there it is looked for once more when that is done.
    case "$system" in
        ubuntu | macos) ;;
        *) have_geckodriver || build_geckodriver ;;
    esac
fi

if [ "$can_root" = yes ]; then
    case "$system" in
        debian)
            packages=()
            if lacks firefox; then packages+=(firefox-esr); fi
            if lacks chromium; then packages+=(chromium); fi
            if lacks chromedriver; then packages+=(chromium-driver); fi
            if lacks npm; then packages+=(nodejs npm); fi
            if [ ${#packages[@]} -gt 0 ]; then apt_install "${packages[@]}" || true; fi
            ;;
        ubuntu)
            if lacks firefox; then mozilla_apt || snap_install firefox || true; fi
            if lacks chromium || lacks chromedriver; then snap_install chromium || true; fi
            if lacks npm; then apt_install nodejs npm || true; fi
            ;;
        macos)
            if has brew; then
                if lacks firefox; then brew install --quiet --cask firefox || true; fi
                if lacks chromium; then brew install --quiet --cask google-chrome || true; fi
                if lacks chromedriver; then brew install --quiet --cask chromedriver || true; fi
                if lacks geckodriver; then brew install --quiet geckodriver || true; fi
                if lacks npm; then brew install --quiet node || true; fi
            fi
            ;;
    esac
fi

case "$system" in
    ubuntu | macos) if have_cc && ! have_geckodriver; then build_geckodriver; fi ;;
esac
built=0
finish || built=$?

# --- what came of it ------------------------------------------------------------------------------------------------

after=$(missing)
for what in $before; do
    case " $after " in
        *" $what "*) ;;
        *) say "installed: $what" ;;
    esac
done
[ "$all" = no ] || tell_products
[ -z "$after" ] && exit "$built"

say ""
say "Still missing: $after"
for what in $after; do
    case "$what:$system" in
        cc:macos) say "  a C compiler   xcode-select --install" ;;
        cc:*) say "  a C compiler   sudo apt-get install gcc libc6-dev (or your system's gcc)" ;;
        firefox:debian) say "  Firefox        sudo apt-get install firefox-esr" ;;
        firefox:ubuntu) say "  Firefox        sudo snap install firefox" ;;
        firefox:macos) say "  Firefox        brew install --cask firefox" ;;
        firefox:*) say "  Firefox        https://www.mozilla.org/firefox/ (128 or later) on PATH, or CHATPROOF_FIREFOX" ;;
        chromium:debian) say "  Chromium       sudo apt-get install chromium" ;;
        chromium:ubuntu) say "  Chromium       sudo snap install chromium" ;;
        chromium:macos) say "  Chrome         brew install --cask google-chrome" ;;
        chromium:*) say "  Chrome         https://www.google.com/chrome/ (120 or later) on PATH, or CHATPROOF_CHROMIUM" ;;
        chromedriver:debian) say "  chromedriver   sudo apt-get install chromium-driver" ;;
        chromedriver:ubuntu) say "  chromedriver   sudo snap install chromium (brings it)" ;;
        chromedriver:macos) say "  chromedriver   brew install --cask chromedriver" ;;
        chromedriver:*)
            say "  chromedriver   https://googlechromelabs.github.io/chrome-for-testing/ (the browser's own version) on" \
                "PATH, or CHATPROOF_CHROMEDRIVER"
            ;;
        geckodriver:*) say "  geckodriver    cargo install geckodriver --locked" ;;
        npm:debian | npm:ubuntu) say "  Node.js, npm   sudo apt-get install nodejs npm" ;;
        npm:macos) say "  Node.js, npm   brew install node" ;;
        npm:*) say "  Node.js, npm   https://nodejs.org/ (18 or later)" ;;
    esac
done
say "Then run this again; 'chatproof doctor' tells what it finds."
exit 1
