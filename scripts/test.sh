#!/bin/sh
# Runs every test; arguments go to `swift test` instead, such as --filter StoreTests.
set -eu
cd "$(dirname "$0")/.."

# A target may import only what its manifest names, and no warning may stay.
run() {
    swift test --disable-xctest --explicit-target-dependency-import-check error -Xswiftc -warnings-as-errors "$@"
}

if [ $# -gt 0 ]; then
    run "$@"
else
    run --skip EndToEndTests
    # They measure times of the built programs, so nothing else runs beside them.
    run --skip-build --filter EndToEndTests
fi
