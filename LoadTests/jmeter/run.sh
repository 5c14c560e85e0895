#!/bin/sh
# Runs JMeter without its window, from Debian's packages `jmeter` and `jmeter-http`; arguments go to it.
#
#   LoadTests/jmeter/run.sh -t LoadTests/jmeter/mixed.jmx -Jport=8080 -Jitem=demo -Jthreads=20 -Jseconds=10 -l mixed.jtl
#
# On Debian 12 `jmeter` alone refuses every plan (ForbiddenClassException): see allow.bsh. Elsewhere use `jmeter -n`.
set -eu
folder=$(cd "$(dirname "$0")" && pwd)
home=/usr/share/jmeter
[ -e "$home/lib/ext/ApacheJMeter_http.jar" ] || {
    echo "jmeter: it is not there: apt-get install jmeter jmeter-http" >&2
    exit 1
}
exec java -Djava.awt.headless=true -Djmeter.home="$home" --add-opens java.base/java.util=ALL-UNNAMED \
    --add-opens java.base/java.lang=ALL-UNNAMED --add-opens java.base/java.text=ALL-UNNAMED \
    -cp "$home/bin/ApacheJMeter.jar:$home/lib/*:$home/lib/ext/*:/usr/share/java/bsh.jar:/usr/share/java/xstream.jar" \
    bsh.Interpreter "$folder/allow.bsh" -n "$@"
