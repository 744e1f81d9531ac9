#!/usr/bin/env python3
"""A sweep that is killed comes to what one comes to that is not: killed.py FILE OUT [REFERENCE].

Runs FILE undisturbed into REFERENCE (OUT-undisturbed; left alone if it is done), then into OUT, killing the sweep
three times with SIGKILL and then three of its children, resumes it, and compares: the tables byte for byte, every file of
every run but for `timing` in its ledger, and that no reply that a journal held was sent for again. HOST is the program.
"""
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HOST = os.environ.get("HOST", os.path.join(ROOT, "build", "host", "grasp-host"))


def begin(file, out):
    return subprocess.Popen([HOST, "sweep", file, "--out", out, "--quiet"], start_new_session=True)


def children(pid):
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid), encoding="utf-8") as f:
            return [int(word) for word in f.read().split()]
    except OSError:  # it has ended
        return []


def done(file, out):
    result = subprocess.run([HOST, "sweep", file, "--out", out, "--status", "--json"], text=True,
                            capture_output=True, check=False)
    if result.returncode:
        return 0, 1
    cells = json.loads(result.stdout)["cells"]
    return sum(cell["state"] == "done" for cell in cells), len(cells)


def journals(out):
    """The completed calls that each journal holds: place -> line."""
    found = {}
    for name in os.listdir(os.path.join(out, "cells")):
        path = os.path.join(out, "cells", name, "journal.jsonl")
        if not os.path.exists(path):
            continue
        with open(path, "rb") as f:
            for line in f:
                if line.endswith(b"}\n") and b'"t": "call"' in line:
                    entry = json.loads(line)
                    found[name, entry["k"], entry["h"]] = line
    return found


def files(folder):
    out = {}
    for base, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(base, name)
            with open(path, "rb") as f:
                data = f.read()
            if name == "ledger.json":
                ledger = json.loads(data)
                ledger.pop("timing", None)
                data = json.dumps(ledger).encode()
            out[os.path.relpath(path, folder)] = data
    return out


def tables(out):
    return [subprocess.run([HOST, "tables", out, "--format", name], capture_output=True,
                           check=False).stdout for name in ("text", "csv", "json", "junit")]


def complete(file, out):
    """To the end. On a machine that is too busy for an environment to start in time, samples are missing: again."""
    args = []
    for _ in range(4):
        code = subprocess.run([HOST, "sweep", file, "--out", out, "--quiet", *args], check=False).returncode
        if code == 0:
            return
        args = ["--retry-failed"]
    sys.exit("%s: the sweep ends with %d" % (out, code))


def wait_until(process, file, out, goal):
    while process.poll() is None and done(file, out)[0] < goal:
        time.sleep(0.2)


def disturb(file, out, total):
    rng = random.Random(11)
    kept, repeated, kills = {}, 0, 0
    for part in range(6):
        process = begin(file, out)
        wait_until(process, file, out, total * (part + 1) // 8)
        time.sleep(rng.random())
        victims = [process.pid] if part < 3 else children(process.pid)
        with contextlib.suppress(ProcessLookupError, IndexError):
            os.kill(rng.choice(victims), signal.SIGKILL)
            kills += 1
        if part >= 3:
            time.sleep(1)
            kills += process.poll() is None
            process.kill()
        process.wait()
        time.sleep(0.2)
        now = journals(out)
        # What a journal held is still there, the same line: nothing was sent for again.
        repeated += sum(now.get(key, b"").replace(b'"reused": true', b"") !=
                        line.replace(b'"reused": true', b"") for key, line in kept.items()
                        if not key[1].startswith("ahead"))
        kept = now
        print("%d kills: %d of %d runs done, %d replies in journals, %d asked for again"
              % (kills, done(file, out)[0], total, len(kept), repeated), flush=True)
    return repeated


def main():
    file, out = sys.argv[1], sys.argv[2]
    reference = sys.argv[3] if len(sys.argv) > 3 else out + "-undisturbed"
    here, total = done(file, reference)
    started = time.monotonic()
    complete(file, reference)
    if here < total or not here:
        print("undisturbed: %.0f s, load %.0f" % (time.monotonic() - started, os.getloadavg()[0]),
              flush=True)
    total = done(file, reference)[1]
    repeated = disturb(file, out, total)
    complete(file, out)
    different = []
    for name in sorted(os.listdir(os.path.join(reference, "cells"))):
        a, b = files(os.path.join(reference, "cells", name)), files(os.path.join(out, "cells", name))
        different += ["%s/%s" % (name, key) for key in sorted(set(a) | set(b))
                      if a.get(key) != b.get(key)]
    same = tables(reference) == tables(out)
    print("resumed, load %.0f: tables %s; files of runs that differ: %s; replies asked for again: %d"
          % (os.getloadavg()[0], "byte-identical" if same else "DIFFER",
             ", ".join(different[:20]) or "none", repeated))
    sys.exit(0 if same and not different and not repeated else 1)


main()
