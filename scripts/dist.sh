#!/bin/sh
# Packs what is handed over: dist.sh [--from FOLDER of the programs] [--to FOLDER of the archive]
# The same programs and sources give the same bytes: sorted, with the time of the commit and nobody's name.
set -eu
cd "$(dirname "$0")/.."

from=.build/release
to=.build/dist
while [ $# -gt 0 ]; do
    case "$1" in
    --from) from=$2 ;;
    --to) to=$2 ;;
    *)
        echo "dist: unknown word $1" >&2
        exit 2
        ;;
    esac
    shift 2
done

programs="sluice sluice-queue sluice-scheduler sluice-worker sluice-rush sluice-load"
for program in $programs; do
    [ -x "$from/$program" ] || {
        echo "dist: $from/$program is not there: make build" >&2
        exit 1
    }
done
# What the programs say of themselves names the archive, so that it can't be another build's.
version=$("$from/sluice" version)
version=${version#sluice }
name=sluice-$version-linux-$(uname -m)
epoch=$(git log -1 --format=%ct 2>/dev/null || echo 0)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/$name
mkdir -p "$root/bin"
for program in $programs; do
    cp "$from/$program" "$root/bin/$program"
    strip "$root/bin/$program"
done
for program in sluice sluice-queue sluice-scheduler sluice-worker; do
    said=$("$root/bin/$program" --version)
    [ "$said" = "$program $version" ] || {
        echo "dist: $from/$program says \"$said\", not $version: make build" >&2
        exit 1
    }
done
cp README.md CHANGELOG.md "$root/"
cp -R docs "$root/docs"
mkdir -p "$root/LoadTests"
cp -R LoadTests/scenarios LoadTests/README.md "$root/LoadTests/"

# Swift's own libraries are linked in; these come from Debian.
libraries=$(for program in $programs; do readelf --dynamic "$root/bin/$program"; done |
    sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort -u)
{
    echo "Shared libraries that the programs need, and the Debian packages that have them."
    echo "Besides these: redis-server, 7.0 or newer, for sluice up or as a server of its own."
    echo
    for library in $libraries; do
        path=$(ldconfig -p | sed -n "s|^[[:space:]]*$library .*=> ||p" | head -n 1)
        file=$(readlink -f "${path:-/nowhere}")
        # Debian 12's list of files has some of them where they were before /lib became a part of /usr.
        package=$({ dpkg-query --search "$file" || dpkg-query --search "${file#/usr}"; } 2>/dev/null | sed -n '1s/:.*//p')
        printf '%-28s %s\n' "$library" "${package:-not of a Debian package here}"
    done
} >"$root/LIBRARIES"
chmod -R u=rwX,go=rX "$root"
(cd "$root" && find . -type f ! -name SHA256SUMS | LC_ALL=C sort | xargs sha256sum >SHA256SUMS)
chmod 644 "$root/SHA256SUMS"

mkdir -p "$to"
archive=$to/$name.tar.gz
tar --create --directory "$work" --sort=name --format=gnu --mtime="@$epoch" --owner=0 --group=0 --numeric-owner "$name" |
    gzip --no-name >"$archive.new"
mv "$archive.new" "$archive"
(cd "$to" && sha256sum "$name.tar.gz" >"$name.tar.gz.sha256")
echo "$archive"
