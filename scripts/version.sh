#!/bin/sh
# Prints the version of these sources, from the last tag: v1.2.3 is 1.2.3, five commits behind it 1.2.3+5.g1a2b3c4,
# without a tag 0.0.0+g1a2b3c4; with changes that are not committed, .dirty behind it. `--commit` prints the commit.
set -eu
cd "$(dirname "$0")/.."

git() { command git -c core.fsmonitor=false "$@" 2>/dev/null; }

commit=$(git rev-parse --short=7 HEAD || echo unknown)
if [ "${1:-}" = --commit ]; then
    echo "$commit"
    exit 0
fi
dirty=
[ -z "$(git status --porcelain --untracked-files=no || true)" ] || dirty=.dirty
if described=$(git describe --tags --long --abbrev=7 --match 'v[0-9]*'); then
    # v1.2.3-5-g1a2b3c4, where the version may have dashes of its own.
    hash=${described##*-}
    rest=${described%-*}
    since=${rest##*-}
    version=${rest%-*}
    version=${version#v}
    if [ "$since" = 0 ] && [ -z "$dirty" ]; then echo "$version"; else echo "$version+$since.$hash$dirty"; fi
elif [ "$commit" = unknown ]; then
    echo 0.0.0+unknown
else
    echo "0.0.0+g$commit$dirty"
fi
