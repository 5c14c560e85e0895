#!/bin/sh
# Checks the alarms in docs/alerts: that they can be read, that each fires and each is silent when it should.
set -eu
cd "$(dirname "$0")/.."
promtool=$(scripts/watch-tools.sh)/usr/bin/promtool
"$promtool" check rules docs/alerts/*.rules.yml
"$promtool" test rules docs/alerts/*_test.yml
