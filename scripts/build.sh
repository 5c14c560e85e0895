#!/bin/sh
# Builds the programs for release, with Swift's own libraries linked in: a copied binary needs only Debian packages.
set -eu
cd "$(dirname "$0")/.."

[ -x .build/release/sluice ] || echo "build: the first time takes a few minutes" >&2
exec swift build --configuration release --static-swift-stdlib --quiet
