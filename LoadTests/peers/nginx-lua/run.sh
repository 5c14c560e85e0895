#!/bin/sh
# Runs the peer in the foreground: nginx with the Lua module, one worker process, state in Redis alone.
#
#   PEER_REDIS   path of Redis' unix socket, required
#   PEER_LISTEN  where buyers are served, 127.0.0.1:8088 when not given
#   PEER_PREFIX  folder for its pid and temporary files, a fresh one when not given
#   PEER_POOL    connections to Redis, 64 when not given
set -eu
: "${PEER_REDIS:?is the path of the unix socket of Redis}"
PEER_HOME=$(cd "$(dirname "$0")" && pwd)
prefix=${PEER_PREFIX:-$(mktemp -d)}
modules=/usr/lib/nginx/modules
[ -e "$modules/ngx_http_lua_module.so" ] || {
    echo "nginx-lua: the Lua module is not there. Install libnginx-mod-http-lua lua-nginx-redis lua-cjson" >&2
    exit 1
}
mkdir -p "$prefix"
sed -e "s|@USER@|$(id -un) $(id -gn)|" -e "s|@MODULES@|$modules|" -e "s|@HOME@|$PEER_HOME|g" \
    -e "s|@LISTEN@|${PEER_LISTEN:-127.0.0.1:8088}|" "$PEER_HOME/nginx.conf.in" >"$prefix/nginx.conf"
export PEER_HOME PEER_REDIS
exec nginx -e stderr -p "$prefix/" -c nginx.conf
