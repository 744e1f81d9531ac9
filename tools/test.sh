#!/usr/bin/env bash
# Installs what building and testing need (apt, with sudo unless root), builds everything, and
# runs the whole suite. Can be run again. Ends with one line: N passed, N failed, N skipped.
set -eu
cd "$(dirname "$0")/.."
. tools/packages.sh

# shellcheck disable=SC2086
install_packages $PACKAGES_TEST
if [ -f build/build.ninja ]; then
    meson configure build -Dtests=true >/dev/null
else
    meson setup build >/dev/null
fi
ninja -C build --quiet
python3 tools/run_tests.py build "$@"
