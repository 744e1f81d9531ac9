#!/usr/bin/env bash
# Each public header alone as C99, C17 and C++11 without a warning, padding included; each internal
# header alone.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
strict="-fsyntax-only -Wall -Wextra -pedantic -Wpadded -Werror"

for header in $(cd sdk/include && find grasp -name '*.h'); do
    echo "#include <$header>" >"$tmp/one.c"
    cp "$tmp/one.c" "$tmp/one.cc"
    for cc in gcc clang-14; do
        $cc -std=c99 $strict -Isdk/include "$tmp/one.c"
        $cc -std=c17 $strict -Isdk/include "$tmp/one.c"
    done
    g++ -std=c++11 $strict -Isdk/include "$tmp/one.cc"
done
for header in $(git ls-files 'host/*.h'); do
    echo "#include \"${header#host/}\"" >"$tmp/one.c"
    gcc -std=gnu17 -D_GNU_SOURCE -fsyntax-only -Wall -Wextra -Werror -Ihost -Isdk/include \
        "$tmp/one.c"
done
