#!/bin/sh
# Runs every test, the house rules among them; with arguments, which go to `swift test`, only those they choose, such
# as --filter StoreTests.
set -eu
cd "$(dirname "$0")/.."

output=$(mktemp)
trap 'rm -f "$output"' EXIT

# A target may import only what its manifest names, and no warning may stay. What failed is said again at the end,
# where one who sees only the last lines finds it.
run() {
    {
        swift test --disable-xctest --explicit-target-dependency-import-check error -Xswiftc -warnings-as-errors "$@" \
            || echo "$?" >"$output.failed"
    } 2>&1 | tee "$output"
    if [ -e "$output.failed" ]; then
        rm -f "$output.failed"
        echo "test: what failed:" >&2
        grep -E '✘ Test .* (recorded an issue|failed)|error:' "$output" | tail -n 20 >&2 || true
        exit 1
    fi
}

if [ $# -gt 0 ]; then
    run "$@"
else
    scripts/lint.sh
    run --skip EndToEndTests
    # They measure times of the built programs, so nothing else runs beside them.
    run --skip-build --filter EndToEndTests
fi
