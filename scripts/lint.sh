#!/bin/sh
# Checks the format of the given sources, and the house rules where they are tests.
set -eu
cd "$(dirname "$0")/.."

swift format lint --strict --parallel --configuration .swift-format --recursive "$@"
[ ! -d Tests/TidyTests ] || scripts/test.sh --quiet --filter TidyTests
