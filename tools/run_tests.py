#!/usr/bin/env python3
"""Runs `meson test` in a build folder and counts: run_tests.py BUILD [meson test options].

Prints the output of what failed, and ends with `N passed, N failed, N skipped`. A test that says
"skipped" of a part of it counts as skipped. Exits with 1 if anything failed, or if $CI is set and
something was skipped for a missing part.
"""
import json
import os
import subprocess
import sys


def main():
    build = sys.argv[1]
    command = ["meson", "test", "-C", build, "--no-rebuild", "--print-errorlogs"] + sys.argv[2:]
    status = subprocess.run(command).returncode
    passed = failed = skipped = 0
    log = os.path.join(build, "meson-logs", "testlog.json")
    with open(log, encoding="utf-8") as lines:
        for line in lines:
            test = json.loads(line)
            text = (test.get("stdout") or "") + (test.get("stderr") or "")
            why = [row for row in text.splitlines() if row.startswith("skipped:")]
            if test["result"] == "SKIP" or (test["result"] == "OK" and why):
                skipped += 1
                print("%s: %s" % (test["name"], why[-1] if why else "skipped"))
            elif test["result"] in ("OK", "EXPECTEDFAIL"):
                passed += 1
            else:
                failed += 1
    if status and not failed:
        failed = 1
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    return 1 if failed or (skipped and os.environ.get("CI")) else 0


sys.exit(main())
