#!/bin/sh
# Installs the Debian packages that are missing, those given as arguments too. Quiet and instant when all is there; sudo
# only when not root.
set -eu

fail() {
    echo "setup: $1" >&2
    exit 1
}

# Swift comes from swift.org, not from Debian: it is looked for, never installed.
command -v swift >/dev/null 2>&1 || fail "Swift is not there. Install Swift 6.3 (https://www.swift.org/install/linux/) and put it in PATH."
version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
[ -n "$version" ] || fail "\`swift --version\` tells no version."
major=${version%%.*}
minor=${version#*.}
if [ "$major" -lt 6 ] || { [ "$major" -eq 6 ] && [ "$minor" -lt 2 ]; }; then
    fail "Swift $version is too old: 6.2 is needed, 6.3 is what it is made with."
fi

installed() {
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]
}

command -v dpkg-query >/dev/null 2>&1 || fail "this is not Debian: install hiredis, libsodium, libcurl, libpq (with headers), redis-server 7 and pkg-config yourself."
missing=
for package in libhiredis-dev libsodium-dev libcurl4-openssl-dev libpq-dev redis-server pkg-config python3 "$@"; do
    installed "$package" || missing="$missing $package"
done
# pkg-config is a transitional name: pkgconf does the same, and so do a redis-server and a python3 of one's own.
if command -v pkg-config >/dev/null 2>&1; then missing=$(echo " $missing " | sed 's/ pkg-config / /'); fi
if command -v redis-server >/dev/null 2>&1; then missing=$(echo " $missing " | sed 's/ redis-server / /'); fi
if command -v python3 >/dev/null 2>&1; then missing=$(echo " $missing " | sed 's/ python3 / /'); fi
# shellcheck disable=SC2086 # a list of words
set -- $missing
[ $# -gt 0 ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || fail "missing: $*. Install them as root: apt-get install $*"
    as_root=sudo
fi
echo "setup: installing $*" >&2

# Debian starts a redis on port 6379, a PostgreSQL on 5432, a pgbouncer on 6432 and an nginx on port 80 when the packages come in. Nobody asked
# for them here: they are kept from starting now (policy-rc.d) and at the next boot (disable).
policy=/usr/sbin/policy-rc.d
made_policy=
case " $* " in
*" redis-server "* | *" postgresql "* | *" pgbouncer "* | *" nginx "*)
    if [ ! -e "$policy" ]; then
        made_policy=yes
        trap '$as_root rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
        $as_root chmod 755 "$policy"
    fi
    ;;
esac

log=$(mktemp)
if ! { $as_root apt-get update && $as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$@"; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    fail "apt-get failed, see above."
fi
rm -f "$log"
if [ -n "$made_policy" ] && [ -d /run/systemd/system ]; then
    for service in redis-server postgresql pgbouncer nginx; do
        case " $* " in *" $service "*) $as_root systemctl disable --quiet "$service" 2>/dev/null || true ;; esac
    done
fi
