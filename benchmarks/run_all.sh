#!/usr/bin/env bash
# Every method on every task, and one table of what came out: run_all.sh [OUT [AGENT]]. OUT is runs/all
# and AGENT rehearsal by default; finished runs there are kept, broken off ones resumed. Choose with
# TASKS="quickstart medagent:v2" METHODS="none grasp", SEED, EPOCHS, UPDATE_EVERY and COMPAT=reference.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
out=${1:-runs/all}
agent=${2:-rehearsal}
host=${HOST:-$root/build/host/grasp-host}
plugins=${PLUGINS:-$root/build/plugins}
methods=${METHODS:-none grasp memory batch_memory expel evo_memory skillx}
status=0
export GRASP_PLUGIN_PATH=$plugins

for task in ${TASKS:-quickstart medagent medagent:v2 agentbench:dbbench agentbench:os agentbench:webshop
    agentbench:alfworld}; do
    if [ ! -f "$plugins/${task%%:*}.so" ]; then
        echo "skipped: ${task%%:*}.so is not in $plugins" >&2
        continue
    fi
    for method in $methods; do
        dir=$out/${task/:/-}/$method
        if [ -f "$dir/config.yaml" ]; then
            set -- run --resume
        else
            case $task in *:*) plugin=${task/:/.so:} ;; *) plugin=$task.so ;; esac
            set -- run -t "$plugin" -m "$method.so" -a "$agent" --set \
                "cycle.seed=${SEED:-3}" "cycle.epochs=${EPOCHS:-3}" \
                "cycle.update_every=${UPDATE_EVERY:-10}" "compat=${COMPAT:-default}"
        fi
        "$host" "$@" --quiet --out "$dir" || {
            status=$?
            echo "$task, $method: ended with $status; run this again to go on" >&2
        }
    done
done
python3 "$root/benchmarks/table.py" "$out"
exit "$status"
