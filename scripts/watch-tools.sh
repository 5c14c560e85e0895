#!/bin/sh
# Puts what checks our metrics and alarms into .build/watch-tools, and prints that folder: promtool and the OpenMetrics
# parser of the Python client, unpacked from Debian's packages. Nothing is installed and nothing is started. Instant when
# they are there.
set -eu
cd "$(dirname "$0")/.."

fail() {
    echo "watch-tools: $1" >&2
    exit 1
}

tools=$(pwd)/.build/watch-tools
if [ ! -x "$tools/usr/bin/promtool" ] || [ ! -d "$tools/usr/lib/python3/dist-packages/prometheus_client" ]; then
    command -v dpkg-deb >/dev/null 2>&1 || fail "this is not Debian: put promtool and the Python package prometheus_client there yourself ($tools/usr/bin, $tools/usr/lib/python3/dist-packages)."
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    chmod 755 "$work"
    download() { (cd "$work" && apt-get download prometheus python3-prometheus-client) >"$work/log" 2>&1; }
    # The lists may be older than the packages.
    as_root=
    [ "$(id -u)" -eq 0 ] || as_root=sudo
    download || { $as_root apt-get update >"$work/log" 2>&1 && download; } || {
        tail -n 5 "$work/log" >&2
        fail "apt-get download failed, see above."
    }
    mkdir -p "$tools"
    for package in "$work"/*.deb; do dpkg-deb --extract "$package" "$work/all"; done
    mkdir -p "$tools/usr/bin" "$tools/usr/lib/python3/dist-packages"
    cp "$work/all/usr/bin/promtool" "$tools/usr/bin/"
    cp -r "$work/all/usr/lib/python3/dist-packages/prometheus_client" "$tools/usr/lib/python3/dist-packages/"
fi
echo "$tools"
