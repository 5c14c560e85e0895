#!/bin/sh
# Runs the unit and store tests under each sanitizer, each in a scratch folder of its own beside the normal build.
# The end-to-end tests run the release programs, which no sanitizer sees, and stay out.
set -eu
cd "$(dirname "$0")/.."

for sanitizer in address thread; do
    echo "sanitize: $sanitizer" >&2
    swift test --sanitize="$sanitizer" --scratch-path ".build/sanitize-$sanitizer" \
        --skip EndToEndTests --skip TidyTests "$@"
done
