#!/usr/bin/env bash
# clang-tidy over host and plugins: tidy.sh BUILD. Two at a time.
set -eu
build=$1
files=$(git ls-files 'host/*.c' 'plugins/*.c')
echo "$files" | xargs -P "$(nproc)" -n 1 clang-tidy-14 --quiet -p "$build" 2>/dev/null
