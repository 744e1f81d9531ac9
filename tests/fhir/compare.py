#!/usr/bin/env python3
"""Random searches of a random ward, answered by the store and by Medplum's in-memory repository: the same
ids in the same order?

    tools/peers.sh && tests/fhir/compare.py [--build DIR] [--count 100000] [--patients 200] [--jobs 2]

--modules names another folder with Medplum's packages than that of tools/peers.sh. Differences that
docs/fhir.md explains are counted by their kind; any other is printed, and the exit code is 1. What
the peer has answered is compared even if it ends early, but then the code is 1 too.
"""
import argparse
import collections
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PEERS = os.environ.get("GRASP_PEERS") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "grasp-host", "peers")
TEXT = "the peer takes a concept's text for a code without system"
MONTH = "the peer ends a month of fewer days at its 31st"
SHORT_MONTH = re.compile(r"(ge|le|gt|lt|sa|eb|ne)?\d{4}-(02|04|06|09|11)$")


def ward(out, what, *args):
    with open(out, "w", encoding="utf-8") as f:
        subprocess.run([sys.executable, os.path.join(HERE, "ward.py"), what, *map(str, args)],
                       check=True, stdout=f)


def kind_of(url, ours, theirs):
    """Why the answers to a search may differ, or None."""
    params = urllib.parse.parse_qsl(url.split("?", 1)[1])
    bare = any(part.startswith("|") for name, value in params if name == "code"
               for part in value.split(","))
    if bare and set(ours) < set(theirs):
        return TEXT
    if any(SHORT_MONTH.match(value) for name, value in params if name != "code"):
        return MONTH
    return None


def ask_store(args, data, urls):
    ask = os.path.join(args.build, "tests", "fhir", "fhir_ask")
    out = subprocess.run([ask, "--ids", data], input="\n".join(urls) + "\n", check=True, text=True,
                         stdout=subprocess.PIPE).stdout
    return [line.split("\t", 1)[1].split() for line in out.splitlines()]


def ask_peer(args, data, urls):
    """The peer's answers; None where it did not come so far."""
    running = []
    for i in range(args.jobs):
        source, out = tempfile.TemporaryFile("w+"), tempfile.TemporaryFile("w+")
        source.write("".join(url + "\n" for url in urls[i::args.jobs]))
        source.seek(0)
        running.append((subprocess.Popen(["node", os.path.join(HERE, "peer_medplum.mjs"),
                                          args.modules, data], stdin=source, stdout=out), out))
    answers = [None] * len(urls)
    for i, (process, out) in enumerate(running):
        if process.wait():
            print("the peer ended with %d" % process.returncode)
        out.seek(0)
        for number, line in enumerate(out.read().split("\n")[:-1]):
            answers[i + number * args.jobs] = line.split()
    return answers


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--modules", default=os.path.join(PEERS, "medplum"))
    parser.add_argument("--count", type=int, default=100000)
    parser.add_argument("--patients", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    if not shutil.which("node") or not os.path.isdir(
            os.path.join(args.modules, "node_modules", "@medplum", "fhir-router")):
        print("skipped: Medplum's in-memory FHIR repository (tools/peers.sh installs it)")
        return 77
    with tempfile.TemporaryDirectory(prefix="grasp-fhir-") as top:
        data, wanted = os.path.join(top, "ward.ndjson"), os.path.join(top, "urls")
        ward(data, "data", "--patients", args.patients, "--seed", args.seed)
        ward(wanted, "urls", "--patients", args.patients, "--seed", args.seed, "--count",
             args.count, "--unscoped", "0.001")
        with open(wanted, encoding="utf-8") as f:
            urls = f.read().splitlines()
        theirs, ours = ask_peer(args, data, urls), ask_store(args, data, urls)
    kinds, compared, found, unexplained = collections.Counter(), 0, 0, 0
    for url, mine, other in zip(urls, ours, theirs):
        if other is None:
            continue
        compared += 1
        found += bool(mine)
        if mine == other:
            continue
        kind = kind_of(url, mine, other)
        kinds[kind or "unexplained"] += 1
        if not kind:
            unexplained += 1
            print("%s\n  store %s\n  peer  %s" % (url, " ".join(mine), " ".join(other)))
    print("%d searches compared, %d of them with matches, %d the same" %
          (compared, found, compared - sum(kinds.values())))
    for kind, count in kinds.most_common():
        print("%6d  %s" % (count, kind))
    return 1 if unexplained or compared < len(urls) else 0


sys.exit(main())
