#!/usr/bin/env python3
"""Runs a golden program on its file of recorded cases: run.py PROGRAM FILE_NAME. Those of DBBench
have the statements of dbbench_mutations.json added to them, if the data is there."""
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SHARED = os.environ.get("GRASP_SHARED") or os.path.join(ROOT, "..", "shared")
DBBENCH = os.path.join(SHARED, "data", "AgentBench", "dbbench")


def run(path):
    return subprocess.run([sys.argv[1], path]).returncode


def run_with_mutations(path):
    script = os.path.join(ROOT, "benchmarks", "agentbench", "dbbench_mutations.py")
    recipes = os.path.join(ROOT, "tests", "golden", "dbbench_mutations.json")
    with tempfile.NamedTemporaryFile(suffix=".json") as cases:
        subprocess.run([sys.executable, script, "cases", DBBENCH, recipes, path], stdout=cases,
                       check=True)
        return run(cases.name)


file = os.path.join(SHARED, "golden", sys.argv[2])
more = sys.argv[2].startswith("agentbench_os_db") and os.path.isfile(file) and os.path.isdir(DBBENCH)
sys.exit(run_with_mutations(file) if more else run(file))
