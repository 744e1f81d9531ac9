#!/usr/bin/env python3
"""Measures the FHIR store: opening a million resources, searches by patient, code and date.

    benchmarks/perf/fhir.py [--build DIR] [--patients 10000] [--per-patient 99] [--seconds 10]
                            [--modules DIR]

The ward of tests/fhir/ward.py, opened without its index and with it, then asked for the readings of
one code of one random patient since some day, in process, on one core. --modules names the folder
with Medplum's packages (tests/fhir/compare.py says which), whose in-memory repository is then asked
the same of a ward of 200 patients, and the store too. Prints JSON lines.
"""
import argparse
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
FHIR = os.path.join(ROOT, "tests", "fhir")


def ward(out, what, *args):
    with open(out, "w", encoding="utf-8") as f:
        subprocess.run([sys.executable, os.path.join(FHIR, "ward.py"), what, *map(str, args)],
                       check=True, stdout=f)


def measure(args, data, urls):
    ask = os.path.join(args.build, "tests", "fhir", "fhir_ask")
    with open(urls, encoding="utf-8") as f:
        subprocess.run([ask, "--rate", str(args.seconds), data], stdin=f, check=True)


def measure_peer(args, top):
    data, urls = os.path.join(top, "small.ndjson"), os.path.join(top, "small.txt")
    ward(data, "data", "--patients", 200)
    ward(urls, "urls", "--patients", 200, "--count", 200, "--labs")
    print("a ward of 200 patients, store:", flush=True)
    measure(args, data, urls)
    print("Medplum, 200 searches with a repository per patient:", flush=True)
    with open(urls, encoding="utf-8") as f:
        subprocess.run(["node", os.path.join(FHIR, "peer_medplum.mjs"), args.modules, data],
                       stdin=f, stdout=subprocess.DEVNULL, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--patients", type=int, default=10000)
    parser.add_argument("--per-patient", type=int, default=99)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--modules")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="grasp-fhir-") as top:
        data, urls = os.path.join(top, "ward.ndjson"), os.path.join(top, "urls.txt")
        ward(data, "data", "--patients", args.patients, "--per-patient", args.per_patient)
        ward(urls, "urls", "--patients", args.patients, "--count", 100000, "--labs")
        print("data: %d bytes" % os.path.getsize(data), flush=True)
        for _ in range(2):
            measure(args, data, urls)
        if args.modules:
            measure_peer(args, top)


main()
