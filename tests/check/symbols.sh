#!/usr/bin/env bash
# Every plugin exports grasp_plugin_v1 and nothing else: symbols.sh BUILD.
set -eu
status=0
for plugin in "$1"/plugins/*.so; do
    symbols=$(nm -D --defined-only "$plugin" | awk '{print $3}')
    if [ "$symbols" != grasp_plugin_v1 ]; then
        echo "$plugin exports:" $symbols
        status=1
    fi
done
exit $status
