#!/usr/bin/env bash
# Installs the servers that tests/model/test_litellm.py talks to, and that none of us wrote: a
# LiteLLM proxy, with made-up replies instead of models, into a virtual environment of its own
# (GRASP_PEERS, by default in the user's cache). About 90 seconds the first time, none after.
set -eu
version="1.108.7"
dir=${GRASP_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/grasp-host/peers}
[ "$(cat "$dir/litellm.version" 2>/dev/null)" = "$version" ] && exit 0
echo "installing: litellm $version into $dir"
rm -rf "$dir"
python3 -m venv "$dir"
"$dir/bin/pip" install --quiet --disable-pip-version-check "litellm[proxy]==$version"
echo "$version" >"$dir/litellm.version"
