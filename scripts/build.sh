#!/bin/sh
# Builds the programs for release, with Swift's own libraries linked in: a copied binary needs only Debian packages.
set -eu
cd "$(dirname "$0")/.."

[ -x .build/release/sluice ] || echo "build: the first time takes a few minutes" >&2
# Only what changed is compiled: the version stands in a source of its own, which is left alone while it says the same.
version=$(scripts/version.sh)
commit=$(scripts/version.sh --commit)
generated=Sources/CBuild/generated.c
written=$(printf '%s\n' '#include "cbuild.h"' \
    "const char *cbuild_version(void) { return \"$version\"; }" \
    "const char *cbuild_commit(void) { return \"$commit\"; }")
[ "$(cat $generated 2>/dev/null || true)" = "$written" ] || printf '%s\n' "$written" >$generated

exec swift build --configuration release --static-swift-stdlib --quiet
