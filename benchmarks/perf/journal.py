#!/usr/bin/env python3
"""What the journal costs: `grasp-host eval` as measure.py runs it, against nginx.

    benchmarks/perf/journal.py [--build DIR] [--runs N] [--samples N] [--in-flight N] [--delay MS]

Runs alternate between one with the journal and one whose journal is not written (journal_off.c,
preloaded), so that what else the machine does falls on both; the medians are compared, and the
median of the pairs. That is the part of the system: writing, and fdatasync in groups. The program's
own part, making the lines and sorting them, is counted in instructions by callgrind (package
valgrind), which other work does not disturb. With --delay, against a server that answers after so
long, and not counted. Prints Markdown.

A virtual machine that has just been started gets each page of its memory from its host when it is
first used, which takes eight times as long as to write it. So the script first writes and removes a
file of half the memory that is free, 3 GB at most: what a machine pays once is no cost of a journal.
"""
import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile

import measure

# what only the journal needs, each with all that it calls; engine_record is in the first two
PARTS = ("write_reply", "rollout_write", "journal_finish", "syncer_main", "journal_append",
         "journal_flush")


def touch_memory(top):
    with open("/proc/meminfo", encoding="ascii") as f:
        free = int(re.search(r"MemFree: +(\d+) kB", f.read()).group(1)) << 10
    path, block = os.path.join(top, "touch"), bytes(1 << 20)
    with open(path, "wb") as f:
        for _ in range(min(free // 2, 3 << 30) >> 20):
            f.write(block)
    os.remove(path)


def timed(bench, port, samples, jobs):
    base = samples // 10
    wall_0, cpu_0, _ = bench.once(port, base, jobs, 0)
    wall, cpu, _ = bench.once(port, samples, jobs, 0)
    return (samples - base) / (wall - wall_0), (cpu - cpu_0) / (samples - base) * 1e6


def alternate(bench, port, library, args):
    found = {True: [], False: []}
    for _ in range(args.runs):
        for journal in (True, False):
            if journal:
                os.environ.pop("LD_PRELOAD", None)
            else:
                os.environ["LD_PRELOAD"] = library
            found[journal].append(timed(bench, port, args.samples, args.in_flight))
    os.environ.pop("LD_PRELOAD", None)
    pairs = [[written[i] / made[i] for i in (0, 1)]
             for written, made in zip(found[True], found[False])]
    return {key: [statistics.median(column) for column in zip(*rows)]
            for key, rows in (*found.items(), ("pairs", pairs))}


def instructions(bench, port, samples):
    """Of all, and of the journal's parts, between runs of two lengths."""
    counts = []
    for length in (samples, 2 * samples):
        out = os.path.join(bench.top, "callgrind.%d" % length)
        host, bench.host = bench.host, os.path.join(bench.top, "under_callgrind")
        with open(bench.host, "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\nexec valgrind -q --tool=callgrind --callgrind-out-file=%s %s \"$@\"\n"
                    % (out, host))
        os.chmod(bench.host, 0o755)
        bench.once(port, length, 50, 0)
        bench.host = host
        text = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--threshold=100", out],
                              check=True, capture_output=True, text=True).stdout
        own = re.findall(r"^ *([\d,]+) .*host/run/\w+\.c:(\w+) ", text, re.M)
        parts = {name: int(count.replace(",", "")) for count, name in own if name in PARTS}
        total = int(re.search(r"([\d,]+) .*PROGRAM TOTALS", text).group(1).replace(",", ""))
        # a call's reply and an episode are appended alike: half of it is not in write_reply
        journal = sum(parts.values()) - parts.get("journal_append", 0) / 2
        counts.append((total, journal))
    return [(b - a) / samples for a, b in zip(*counts)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=os.path.join(measure.ROOT, "build"))
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--samples", type=int, default=20000)
    parser.add_argument("--in-flight", type=int, default=50)
    parser.add_argument("--delay", type=int, metavar="MS", default=0)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="grasp-perf-") as top:
        touch_memory(top)
        bench = measure.Bench(os.path.abspath(args.build), top)
        library = os.path.join(top, "journal_off.so")
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library,
                        os.path.join(measure.HERE, "journal_off.c"), "-ldl"], check=True)
        process, port = (measure.start_delay(top, args.delay) if args.delay
                         else measure.start_nginx(top))
        try:
            medians = alternate(bench, port, library, args)
            if not args.delay:
                total, journal = instructions(bench, port, 1000)
        finally:
            process.terminate()
            process.wait()
    measure.row("journal", "rollouts/s", "CPU per call")
    measure.row("---", "---", "---")
    for key, name in ((True, "written"), (False, "made, not written")):
        measure.row(name, "%.0f" % medians[key][0], "%.0f us" % medians[key][1])
    print("\nMedian of the pairs: %.3f of the rollouts/s, %.3f of the CPU" % tuple(medians["pairs"]))
    if not args.delay:
        print("Instructions of the program a rollout: %.0f, of them for the journal %.0f (%.1f %%)"
              % (total, journal, 100 * journal / total))
    return 0


if __name__ == "__main__":
    sys.exit(main())
