#!/usr/bin/env bash
# Installs what this machine lacks to build chatproof, to run it in real browsers and to test it: Firefox, Chromium and
# their drivers, and npm for the tests' client libraries. Idempotent: what is there is left alone, and nothing is said if all of it is.
#
# Where it can't install (another system, no rights), it says exactly what to install and ends with 1.
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

in_directory() { [ -n "${1:-}" ] && printf '%s/%s' "$1" "$2" || true; }

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

missing() {
    local what
    for what in cc firefox chromium chromedriver geckodriver npm; do
        "have_$what" || printf '%s ' "$what"
    done
}

has timeout || timeout() { shift; "$@"; } # macOS has none

if ! has cargo; then
    say "cargo is missing: install Rust 1.89 or later from https://rustup.rs/, then run this again"
    exit 1
fi

before=$(missing)
[ -z "$before" ] && exit 0
say "missing: $before"

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

if [ "$can_root" = yes ]; then
    case "$system" in
        debian)
            packages=()
            have_cc || packages+=(gcc libc6-dev)
            have_firefox || packages+=(firefox-esr)
            have_chromium || packages+=(chromium)
            have_chromedriver || packages+=(chromium-driver)
            have_npm || packages+=(nodejs npm)
            if [ ${#packages[@]} -gt 0 ]; then apt_install "${packages[@]}" || true; fi
            ;;
        ubuntu)
            have_cc || apt_install gcc libc6-dev || true
            have_firefox || mozilla_apt || snap_install firefox || true
            { have_chromium && have_chromedriver; } || snap_install chromium || true
            have_npm || apt_install nodejs npm || true
            ;;
        macos)
            if has brew; then
                have_firefox || brew install --quiet --cask firefox || true
                have_chromium || brew install --quiet --cask google-chrome || true
                have_chromedriver || brew install --quiet --cask chromedriver || true
                have_geckodriver || brew install --quiet geckodriver || true
                have_npm || brew install --quiet node || true
            fi
            ;;
    esac
fi

# Needs no rights, but a compiler.
if ! have_geckodriver && have_cc; then
    say "building geckodriver with cargo; this takes a few minutes, once"
    cargo install geckodriver --locked --quiet || true
fi

# --- what came of it ------------------------------------------------------------------------------------------------

after=$(missing)
for what in $before; do
    case " $after " in
        *" $what "*) ;;
        *) say "installed: $what" ;;
    esac
done
[ -z "$after" ] && exit 0

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
