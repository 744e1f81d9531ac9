#!/usr/bin/env bash
# The plugin ABI against the recorded one (sdk/abi/v1.xml): abi.sh check [HEADERS], or abi.sh record
# after a deliberate change. Growth at the tail of a table passes (sdk/abi/policy.suppr); nothing
# else does.
set -eu
cd "$(dirname "$0")/../.."
headers=${2:-sdk/include}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

cat >"$tmp/probe.c" <<'C'
#include <grasp/grasp.h>
const grasp_plugin *grasp_plugin_v1(void)
{
    return NULL;
}
/* Everything that crosses, reachable from one symbol. */
GRASP_EXPORT void grasp_abi_probe(grasp_call *, const grasp_lab *, const grasp_rehearsal *,
                                  const grasp_json *, const grasp_http *, const grasp_exec *,
                                  const grasp_scratch *, const grasp_machines *,
                                  const grasp_pythons *);
void grasp_abi_probe(grasp_call *a, const grasp_lab *b, const grasp_rehearsal *c,
                     const grasp_json *d, const grasp_http *e, const grasp_exec *f,
                     const grasp_scratch *g, const grasp_machines *h,
                     const grasp_pythons *i)
{
    (void)a, (void)b, (void)c, (void)d, (void)e, (void)f, (void)g, (void)h, (void)i;
}
C
gcc -std=c99 -g -shared -fPIC -fvisibility=hidden -I"$headers" \
    -ffile-prefix-map="$tmp"=. -ffile-prefix-map="$PWD"=. -o "$tmp/probe.so" "$tmp/probe.c"
abidw --no-show-locs --no-corpus-path --no-comp-dir-path --out-file "$tmp/now.xml" "$tmp/probe.so"

case "${1:-check}" in
record)
    mkdir -p sdk/abi
    cp "$tmp/now.xml" sdk/abi/v1.xml
    ;;
check)
    abidiff --no-show-locs --leaf-changes-only --suppressions sdk/abi/policy.suppr sdk/abi/v1.xml \
        "$tmp/now.xml"
    python3 tests/check/abi_layout.py sdk/abi/v1.xml "$tmp/now.xml"
    ;;
*)
    echo "usage: abi.sh check|record" >&2
    exit 2
    ;;
esac
