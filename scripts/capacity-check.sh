#!/bin/sh
# Measures the goals of the drain with real processes on this machine; arguments go to the runner (--help). LONG=1 takes
# 60 s and three runs a scenario. SLUICE_BIN_DIR says where the programs are, .build/release when not given.
set -eu
cd "$(dirname "$0")/.."

scripts/setup.sh redis-server python3
exec python3 -B LoadTests/capacity/check.py "$@"
