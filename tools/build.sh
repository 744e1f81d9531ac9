#!/usr/bin/env bash
# A build of its own for a compiler, warnings as errors: build.sh FOLDER COMPILER [meson option...].
# Of all there is, or of $TARGETS.
set -eu
cd "$(dirname "$0")/.."
folder=$1 compiler=$2
shift 2
[ -f "$folder/build.ninja" ] || CC=$compiler meson setup "$folder" -Dwerror=true "$@"
# shellcheck disable=SC2086
ninja -C "$folder" --quiet ${TARGETS:-}
