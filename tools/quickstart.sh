#!/usr/bin/env bash
# Installs what the build needs (apt, with sudo unless root), builds grasp-host, and runs the
# quickstart: GRASP learns a small clinical look-up task, offline, on the rehearsal model.
# Can be run again: each run gets a folder of its own below runs/.
set -eu
cd "$(dirname "$0")/.."
. tools/packages.sh

# shellcheck disable=SC2086
install_packages $PACKAGES_BUILD
[ -f build/build.ninja ] || meson setup build -Dtests=false >/dev/null
ninja -C build --quiet host/grasp-host plugins/quickstart.so plugins/grasp.so plugins/none.so

exec build/host/grasp-host --config benchmarks/quickstart/grasp.yaml \
    --task quickstart.so --method grasp.so --agent rehearsal "$@"
