#!/usr/bin/env bash
# Fuzzes with sanitizers: run.sh TARGET SECONDS, as in run.sh fhir_url 600. What makes it fail is left in
# build-fuzz; put it into seeds/TARGET once it is repaired.
set -eu
cd "$(dirname "$0")/../.."
target=$1 seconds=$2
[ -f build-fuzz/build.ninja ] ||
    CC=clang-14 meson setup build-fuzz -Dfuzz=true -Db_sanitize=address,undefined \
        -Db_lundef=false >/dev/null
ninja -C build-fuzz --quiet "tests/fuzz/fuzz_$target"
mkdir -p "build-fuzz/corpus/$target"
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
exec nice -n 19 "build-fuzz/tests/fuzz/fuzz_$target" -max_total_time="$seconds" -timeout=10 \
    -rss_limit_mb=2048 -max_len=16384 -dict=tests/fuzz/fhir.dict -print_final_stats=1 \
    -artifact_prefix="build-fuzz/$target-" "build-fuzz/corpus/$target" "tests/fuzz/seeds/$target"
