#!/usr/bin/env python3
"""Functions of at most 100 lines, a median of about 15; files of at most 800 lines."""
import statistics
import subprocess
import sys

FUNCTION_MAX = 100
FILE_MAX = 800
MEDIAN_MAX = 16


def main():
    files = subprocess.run(["git", "ls-files", "*.c", "*.h"], check=True, capture_output=True,
                           text=True).stdout.split()
    bad = []
    for path in files:
        with open(path, encoding="utf-8") as f:
            lines = sum(1 for _ in f)
        if lines > FILE_MAX:
            bad.append("%s: %d lines" % (path, lines))
    tags = subprocess.run(
        ["ctags", "-x", "--c-kinds=f", "--_xformat=%{end} %n %N %F", "-f", "-"]
        + [p for p in files if p.endswith(".c")],
        check=True, capture_output=True, text=True).stdout
    sizes = []
    for row in tags.splitlines():
        end, start, name, path = row.split(" ", 3)
        size = int(end) - int(start) + 1
        if not path.startswith("tests/"):
            sizes.append(size)
        if size > FUNCTION_MAX:
            bad.append("%s:%s: %s has %d lines" % (path, start, name, size))
    if sizes and statistics.median(sizes) > MEDIAN_MAX:
        bad.append("the median function has %g lines" % statistics.median(sizes))
    print("\n".join(bad), end="\n" if bad else "")
    return 1 if bad else 0


sys.exit(main())
