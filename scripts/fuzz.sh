#!/bin/sh
# Fuzzes each target for a while, beginning with its committed corpus and what earlier runs found worth keeping.
#
#   SECONDS  for each target, 60 when not given
#   FUZZERS  names of targets, all of Tests/Fuzz/Programs when not given
#
# One line a target says what was run. Exit 1 when anything was found; the input that shows it is named, and
# `.build/fuzz/release/fuzz-NAME INPUT` runs it again.
set -eu
cd "$(dirname "$0")/.."

seconds=${SECONDS:-60}
case $seconds in '' | 0* | *[!0-9]*) seconds=60 ;; esac # bash counts its own SECONDS from 0
fuzzers=${FUZZERS:-$(ls Tests/Fuzz/Programs)}
folder=.build/fuzz
export SLUICE_FUZZ=1
# libFuzzer catches the trap and keeps the input; Swift's own backtrace would come first and take a minute.
export SWIFT_BACKTRACE=enable=no

for name in $fuzzers; do
    [ -d "Tests/Fuzz/Programs/$name" ] || { echo "fuzz: there is no target $name; there are: $(ls Tests/Fuzz/Programs | tr '\n' ' ')" >&2; exit 2; }
done
for name in $fuzzers; do
    swift build --configuration release --scratch-path "$folder" --product "fuzz-$name" --quiet
done

# Prints the last number behind $1 in the log: in libFuzzer's progress (`#runs EVENT cov: n ft: n …`) and statistics.
value() { sed -n "s/^[#s].*$1 *\([0-9][0-9]*\).*/\1/p" "$log" | tail -n 1; }

status=0
mkdir -p "$folder/findings"
for name in $fuzzers; do
    kept=$folder/corpus/$name
    log=$folder/$name.log
    mkdir -p "$kept"
    verdict=clean
    "$folder/release/fuzz-$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$folder/findings/$name-" "$kept" "Tests/Fuzz/Corpus/$name" >"$log" 2>&1 || verdict=FOUND
    printf '%-10s %-6s %9s runs  %6s a second  %5s edges  %6s features  %4s kept\n' "$name" "$verdict" \
        "$(value number_of_executed_units:)" "$(value average_exec_per_sec:)" "$(value cov:)" \
        "$(value ft:)" "$(ls "$kept" | wc -l)"
    if [ "$verdict" != clean ]; then
        status=1
        grep -E 'Fatal error|ERROR: |SUMMARY: |Test unit written' "$log" | sed 's/^/    /' || tail -n 5 "$log"
    fi
done
exit $status
