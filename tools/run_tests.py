#!/usr/bin/env python3
"""Runs `meson test` in a build folder and counts: run_tests.py BUILD [meson test options].

Prints the output of what failed, at the end once more the last lines of each, and then
`N passed, N failed, N skipped`. A test that says "skipped" of a part of it counts as skipped. Exits
with 1 if anything failed, or if $CI is set and something was skipped for a missing part.
"""
import json
import os
import re
import subprocess
import sys

LAST = 25  # lines of a failed test
WIDEST = 400
FAULT = re.compile(r"FAILED|ERROR|Error:|Sanitizer|Failure!")


def output(test):
    return (test.get("stdout") or "") + (test.get("stderr") or "")


def read(log):
    if not os.path.exists(log):
        return []
    with open(log, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def show(test):
    """The end of what a test said, and the lines before it that say what went wrong."""
    rows = [row[:WIDEST] for row in output(test).splitlines() if row.strip()]
    print("\n--- FAILED %s: %s after %.1f s" % (test["name"], test["result"], test["duration"]))
    for row in [row for row in rows[:-LAST] if FAULT.search(row)][-LAST:] + rows[-LAST:]:
        print("    " + row)


def main():
    sys.stdout.reconfigure(errors="replace")
    build = sys.argv[1]
    command = ["meson", "test", "-C", build, "--no-rebuild", "--print-errorlogs"] + sys.argv[2:]
    log = os.path.join(build, "meson-logs", "testlog.json")
    if os.path.exists(log):
        os.remove(log)  # of another run
    status = subprocess.run(command).returncode
    passed = skipped = 0
    failed = []
    for test in read(log):
        text = output(test)
        why = [row for row in text.splitlines() if row.startswith("skipped:")]
        if test["result"] == "SKIP" or (test["result"] == "OK" and why):
            skipped += 1
            print("--- skipped %s: %s" % (test["name"], why[-1] if why else "skipped"))
        elif test["result"] in ("OK", "EXPECTEDFAIL"):
            passed += 1
        else:
            failed.append(test)
    for test in failed:
        show(test)
    if status and not failed:
        print("meson test ended with %d" % status)
    count = len(failed) or int(status != 0)
    print("%d passed, %d failed, %d skipped" % (passed, count, skipped))
    return 1 if count or (skipped and os.environ.get("CI")) else 0


sys.exit(main())
