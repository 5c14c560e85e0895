#!/bin/sh
# Checks the format of the given sources and the house rules of Tests/TidyTests; without arguments the rules alone.
set -eu
cd "$(dirname "$0")/.."

status=0
[ $# -eq 0 ] || swift format lint --strict --parallel --configuration .swift-format --recursive "$@" || status=1
swift test --quiet --disable-xctest --package-path Tests/TidyTests --scratch-path .build/tidy \
    -Xswiftc -warnings-as-errors || status=1
exit $status
