#!/bin/sh
# Builds the programs of the release before from their commit, then replaces them in a live sale by those built now.
# The commit stands in scripts/upgrade-from, so that everybody checks the same step; OLD=COMMIT checks another one.
set -eu
cd "$(dirname "$0")/.."

old=${OLD:-$(cat scripts/upgrade-from)}
if ! git cat-file -e "$old^{commit}" 2>/dev/null; then
    # A copy without the project's history can't build it. Said loudly, since nothing was checked.
    echo "upgrade-check: NOT CHECKED: this copy has no commit $old; run it in a full clone, or name another with OLD=" >&2
    [ "$(git rev-parse --is-shallow-repository 2>/dev/null || echo true)" = true ] && exit 0
    exit 1
fi
folder=.build/upgrade/$old
if [ ! -x "$folder/bin/sluice-worker" ]; then
    echo "upgrade-check: building the programs of $old" >&2
    rm -rf "$folder"
    mkdir -p "$folder/source" "$folder/bin"
    git archive "$old" | tar -x -C "$folder/source"
    for program in sluice-queue sluice-scheduler sluice-worker; do
        (cd "$folder/source" && swift build --configuration release --static-swift-stdlib --quiet --product "$program")
        cp "$folder/source/.build/release/$program" "$folder/bin/"
    done
    rm -rf "$folder/source"
fi
SLUICE_OLD_BIN_DIR="$PWD/$folder/bin" scripts/test.sh --filter EndToEndTests.EndToEnd/Upgrades
