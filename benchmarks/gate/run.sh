#!/usr/bin/env bash
# Makes the simulated tables in results/ and the plots anew: run.sh [UPDATES [RUNS [SEED]]], by
# default 4000 updates a cell, 2000 whole runs, seed 7. design_*.csv: in the configuration of the
# design's own simulation. RESULTS=DIR puts the tables elsewhere, without plots and README.md.
# About six minutes of one core.
set -eu
cd "$(dirname "$0")"
build=${BUILD:-../../build}/tests
results=${RESULTS:-results}
mkdir -p "$results"
for table in false shapes harm power power_alone; do
    "$build/gate_tables" "$table" "${1:-4000}" "${3:-7}" >"$results/$table.csv"
    "$build/gate_tables" "$table" "${1:-4000}" "${3:-7}" uncapped >"$results/design_$table.csv"
done
"$build/gate_tables" settled "${1:-4000}" "${3:-7}" >"$results/settled.csv"
"$build/gate_whole" "${2:-2000}" "${3:-7}" >"$results/whole.csv"
"$build/gate_whole" "${2:-2000}" "${3:-7}" design >"$results/design_whole.csv"
if [ "$results" = results ]; then
    python3 plot.py
    python3 tables.py
fi
python3 compare.py "$results"
