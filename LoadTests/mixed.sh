#!/bin/sh
# Runs the mixed scenario (1 purchase to 10 polls to 5 reads of the item) once with each of wrk, JMeter and Locust, on
# a server of its own, and keeps what each one says in LoadTests/results/mixed-TOOL.txt. A missing tool is left out.
#
#   SECONDS_EACH     of each run, 10 when not given
#   PORT             the first of two free ports, 8380 when not given
#   LOCUST           the program, `locust` when not given
#   SLUICE_BIN_DIR   where the programs are, .build/release when not given
set -eu
cd "$(dirname "$0")/.."

seconds=${SECONDS_EACH:-10}
port=${PORT:-8380}
programs=${SLUICE_BIN_DIR:-.build/release}
unset SLUICE_BIN_DIR
url=http://127.0.0.1:$port
folder=$(mktemp -d)
trap 'kill "$server" 2>/dev/null && wait "$server" || true; rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM

"$programs/sluice" up --data "$folder/data" --listen "127.0.0.1:$port" --admin-listen "127.0.0.1:$((port + 1))" \
    >"$folder/out" 2>"$folder/err" &
server=$!
tries=0
until grep -q ready "$folder/out"; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || { cat "$folder/err" >&2; exit 1; }
    sleep 0.1
done

# Runs `$2…` on a fresh item and keeps its output under the tool's name `$1`.
keep() {
    tool=$1
    shift
    export ITEM="mixed-$tool"
    SLUICE_ADMIN_URL="http://127.0.0.1:$((port + 1))" SLUICE_ADMIN_TOKEN_FILE="$folder/data/admin-token" \
        "$programs/sluice" item put "$ITEM" --stock 10000000 >/dev/null
    echo "mixed: $tool" >&2
    {
        echo "date     $(date -u +%Y-%m-%dT%H:%M:%SZ)"
        echo "commit   $(git rev-parse --short=12 HEAD)"
        echo "machine  $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores for both sides"
        echo "command  ITEM=$ITEM $*" | sed "s|[^ ]*/locust |locust |; s|$folder|.|g"
        echo
        "$@" 2>&1 || echo "exit $?"
    } | sed "s|$folder|.|g" >"LoadTests/results/mixed-$tool.txt"
}

if command -v wrk >/dev/null; then
    keep wrk wrk -t1 -c64 "-d${seconds}s" --latency -s LoadTests/wrk/mixed.lua "$url"
fi
if [ -e /usr/share/jmeter/lib/ext/ApacheJMeter_http.jar ]; then
    keep jmeter LoadTests/jmeter/run.sh -t LoadTests/jmeter/mixed.jmx "-Jport=$port" -Jitem=mixed-jmeter -Jthreads=20 \
        "-Jseconds=$seconds" -l "$folder/mixed.jtl" -j "$folder/jmeter.log"
fi
locust=${LOCUST:-locust}
if command -v "$locust" >/dev/null; then
    keep locust "$locust" -f LoadTests/locust/mixed.py --headless -u 50 -r 50 -t "${seconds}s" --host "$url" \
        --only-summary
fi
