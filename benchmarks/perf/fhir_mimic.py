#!/usr/bin/env python3
"""Measures the FHIR store on data of MIMIC-IV's size and layout: opening it, and what one patient has.

    benchmarks/perf/fhir_mimic.py [--build DIR] [--data DIR]

Writes 100 invented patients with 928,000 resources (30 gzip files) into a new folder in TMPDIR, or takes
those in --data, opens them without index and with it, and retrieves all Observations of each of ten
patients who have 8,000 or a little more. Prints JSON lines; ends with 1 if one of the limits is not met:
opened in 2 s with the index, 8,000 Observations in 20 ms, 300 MB of memory.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
OPEN_MS, GATHER_MS, MEMORY_KIB = 2000, 20, 300 * 1000
LEAST = 8000
ROUNDS = 5


def generate(args, folder):
    start = time.monotonic()
    subprocess.run([os.path.join(args.build, "host", "grasp-host"), "fhir", "mimic", "--patients", "100",
                    "--density", "100", folder], check=True)
    packed = sum(entry.stat().st_size for entry in os.scandir(folder))
    print(json.dumps({"what": "generate", "seconds": round(time.monotonic() - start, 1),
                      "bytes": packed}), flush=True)


def gather(args, folder, requests):
    """What the store said about itself, and of each request the number found and the time it took."""
    result = subprocess.run([os.path.join(args.build, "tests", "fhir", "mimic_ask"), "gather", "sane",
                             folder], input="".join(r + "\n" for r in requests), text=True, check=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    rows = [line.split("\t", 3) for line in result.stdout.splitlines()]
    return json.loads(result.stderr), [(int(n), float(ms), body) for _, n, ms, body in rows]


def measure(args, folder):
    cold, everyone = gather(args, folder, ["id Patient "])
    print(json.dumps({"what": "open, for the first time or again", **cold}), flush=True)
    patients = [row["id"] for row in json.loads(everyone[0][2])]
    _, counts = gather(args, folder, ["patient Observation " + p for p in patients])
    chosen = sorted((n, p) for (n, _, _), p in zip(counts, patients) if n >= LEAST)[:10]
    requests = ["patient Observation " + p for _ in range(ROUNDS) for _, p in chosen]
    warm, answers = gather(args, folder, requests)
    print(json.dumps({"what": "open, with the index", **warm}), flush=True)
    times = [ms for _, ms, _ in answers]
    later = times[len(chosen):]
    print(json.dumps({"what": "Observations of a patient", "least": min(n for n, _ in chosen),
                      "most": max(n for n, _ in chosen),
                      "bytes": int(statistics.median(len(body) for _, _, body in answers)),
                      "first_median_ms": statistics.median(times[:len(chosen)]),
                      "median_ms": statistics.median(later), "max_ms": max(times)}), flush=True)
    return {"opens in %d ms" % OPEN_MS: warm["index_cached"] and warm["open_ms"] < OPEN_MS,
            "%d Observations in %d ms" % (LEAST, GATHER_MS): statistics.median(times) < GATHER_MS,
            "%d kB" % MEMORY_KIB: max(cold["peak_kib"], warm["peak_kib"]) * 1.024 < MEMORY_KIB}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--data", help="a folder that fhir mimic wrote")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="grasp-mimic-") as top:
        folder = args.data or os.path.join(top, "mimic")
        if not args.data:
            generate(args, folder)
        limits = measure(args, folder)
    for limit, met in limits.items():
        print("%s: %s" % (limit, "yes" if met else "NO"))
    return 0 if all(limits.values()) else 1


sys.exit(main())
