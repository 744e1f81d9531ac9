#!/usr/bin/env bash
# Every method on every task, and tables of what came out: run_all.sh [OUT [AGENT]]. OUT is runs/all and AGENT
# rehearsal by default; run again, it goes on. It is a sweep (docs/sweeps.md) of benchmarks/sweeps/rehearsal.yaml, less
# tasks whose plugin is not there. Choose with TASKS="quickstart medagent:v2" METHODS="none grasp" SEEDS="3 4", EPOCHS,
# UPDATE_EVERY and COMPAT=reference.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
out=${1:-runs/all}
agent=${2:-rehearsal}
host=${HOST:-$root/build/host/grasp-host}
plugins=${PLUGINS:-$root/build/plugins}
export GRASP_PLUGIN_PATH=$plugins

tasks=
for task in ${TASKS:-quickstart medagent medagent:v2 fhir_agent agentbench:dbbench agentbench:os agentbench:webshop
    agentbench:alfworld}; do
    if [ -f "$plugins/${task%%:*}.so" ]; then
        tasks=${tasks:+$tasks, }$task
    else
        echo "skipped: ${task%%:*}.so is not in $plugins" >&2
    fi
done
methods=${METHODS:-none grasp memory batch_memory expel evo_memory skillx}
seeds=${SEEDS:-3}
file=$(mktemp --suffix=.yaml)
trap 'rm -f "$file"' EXIT
cat >"$file" <<END
axes: {task: [$tasks], method: [${methods// /, }], agent: [$agent], seed: [${seeds// /, }]}
set: {cycle.epochs: ${EPOCHS:-3}, cycle.update_every: ${UPDATE_EVERY:-10}, compat: ${COMPAT:-default}}
END
status=0
"$host" sweep "$file" --out "$out" --quiet || status=$?
"$host" tables "$out" --format markdown || status=$?
exit "$status"
