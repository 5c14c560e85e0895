#!/bin/sh
# A long sale on a private server, to see that nothing grows, is lost or is sold twice; with `streams` as the first
# argument, streams that come and go for an hour. The other arguments go to the runner (--help). SLUICE_BIN_DIR says
# where the programs are, .build/release when not given.
set -eu
cd "$(dirname "$0")/.."

scripts/setup.sh redis-server python3
runner=run
if [ "${1-}" = streams ]; then
    runner=streams
    shift
fi
exec python3 -B "LoadTests/soak/$runner.py" "$@"
