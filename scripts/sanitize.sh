#!/bin/sh
# Runs the unit and store tests under each sanitizer, each in a scratch folder of its own beside the normal build.
# The end-to-end tests run the release programs, which no sanitizer sees, and stay out.
set -eu
cd "$(dirname "$0")/.."

# Leaks are not looked for: a program's loops live as long as it does, so a loop and what is registered with it hold
# each other, and a test that drops both shows as a leak. What grows while a process works is seen by its memory.
export ASAN_OPTIONS="detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}"

# A sanitizer makes virtual time ten times dearer, and finds nothing in the fiftieth seed that is not in the first ones.
export SEEDS="${SEEDS:-2}"

for sanitizer in address thread; do
    echo "sanitize: $sanitizer" >&2
    swift test --disable-xctest --sanitize="$sanitizer" --scratch-path ".build/sanitize-$sanitizer" \
        --skip EndToEndTests "$@"
done
