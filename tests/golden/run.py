#!/usr/bin/env python3
"""Runs a golden program on its file of recorded cases: run.py PROGRAM FILE_NAME."""
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SHARED = os.environ.get("GRASP_SHARED") or os.path.join(ROOT, "..", "shared")

sys.exit(subprocess.run([sys.argv[1], os.path.join(SHARED, "golden", sys.argv[2])]).returncode)
