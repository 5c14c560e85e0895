#!/bin/sh
# Measures side by side with nginx and nginx with Lua on this machine; installs what that needs. Arguments go to the
# runner (--help). SLUICE_BIN_DIR says where the programs are, .build/release when not given.
set -eu
cd "$(dirname "$0")/.."

scripts/setup.sh wrk nginx libnginx-mod-nchan pushpin libnginx-mod-http-lua lua-nginx-redis lua-cjson redis-tools python3
exec python3 -B LoadTests/bench/run.py "$@"
