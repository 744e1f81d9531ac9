#!/usr/bin/env bash
# Makes the tables in results/ and the plots anew: run.sh [UPDATES [RUNS [SEED]]], by default 4000
# simulated updates a cell, 2000 whole runs, seed 7. About four minutes of one core.
set -eu
cd "$(dirname "$0")"
build=${BUILD:-../../build}/tests
mkdir -p results
for table in false shapes harm power power_alone; do
    "$build/gate_tables" "$table" "${1:-4000}" "${3:-7}" >"results/$table.csv"
done
"$build/gate_whole" "${2:-2000}" "${3:-7}" >results/whole.csv
python3 plot.py
python3 compare.py
