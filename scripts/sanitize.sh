#!/bin/sh
# Runs the unit and store tests under each sanitizer, each in a scratch folder of its own beside the normal build.
# XCTest, which has no tests here, is left out: the leak checker blames it for 144 bytes of its own.
# The end-to-end tests run the release programs, which no sanitizer sees, and stay out.
set -eu
cd "$(dirname "$0")/.."

for sanitizer in address thread; do
    echo "sanitize: $sanitizer" >&2
    swift test --disable-xctest --sanitize="$sanitizer" --scratch-path ".build/sanitize-$sanitizer" \
        --skip EndToEndTests --skip TidyTests "$@"
done
