#!/bin/sh
# A long sale on a private server, to see that nothing grows, is lost or is sold twice; arguments go to the runner
# (--help). SLUICE_BIN_DIR says where the programs are, .build/release when not given.
set -eu
cd "$(dirname "$0")/.."

scripts/setup.sh redis-server python3
exec python3 -B LoadTests/soak/run.py "$@"
