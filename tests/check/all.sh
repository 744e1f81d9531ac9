#!/usr/bin/env bash
# Checks of the tree itself, without tidy.sh, which takes minutes: all.sh BUILD. Ends with one
# line: N passed, N failed, N skipped.
set -u
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
build=${1:-build}
passed=0 failed=0

check() {
    local name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
        printf 'ok      %s\n' "$name"
    else
        failed=$((failed + 1))
        printf -- '--- FAILED %s\n' "$name"
    fi
}

format() {
    git ls-files '*.c' '*.h' | xargs clang-format-14 --dry-run -Werror
}

check "formatting (clang-format)" format
check "layers: who may include whom" python3 tests/check/layers.py
check "function and file sizes" python3 tests/check/sizes.py
check "public headers: C99, C17, C++11, -Wpadded" tests/check/headers.sh
check "one exported symbol per plugin" tests/check/symbols.sh "$build"
check "ABI as recorded (abidiff)" tests/check/abi.sh check
check "words and paths that do not belong in the tree" python3 tests/check/words.py

printf '%d passed, %d failed, 0 skipped\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
