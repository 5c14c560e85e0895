#!/bin/sh
# Runs every test. Arguments go to `swift test`, such as --filter StoreTests.
set -eu
cd "$(dirname "$0")/.."

# A target may import only what its manifest names, and no warning may stay.
exec swift test --disable-xctest --explicit-target-dependency-import-check error -Xswiftc -warnings-as-errors "$@"
