#!/usr/bin/env python3
"""What does not belong in the tree: unfinished work, machine paths, invisible characters, trailing
white space."""
import re
import subprocess
import sys

WORDS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
PATHS = re.compile(r"(^|[^A-Za-z0-9_.])/(work|farm|home/[a-z]+)/")
INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


def main():
    files = subprocess.run(["git", "ls-files"], check=True, capture_output=True,
                           text=True).stdout.split()
    bad = []
    for path in files:
        if path == "tests/check/words.py":
            continue
        try:
            with open(path, encoding="utf-8") as f:
                lines = f.read().split("\n")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(lines, 1):
            for pattern, what in ((WORDS, "unfinished work"), (PATHS, "a machine's path"),
                                  (INVISIBLE, "an invisible character")):
                if pattern.search(line):
                    bad.append("%s:%d: %s" % (path, number, what))
            if line != line.rstrip() and path.endswith((".c", ".h", ".py", ".sh", ".build")):
                bad.append("%s:%d: trailing white space" % (path, number))
    print("\n".join(bad), end="\n" if bad else "")
    return 1 if bad else 0


sys.exit(main())
