#!/usr/bin/env python3
"""Compares GRASP's default with `compat: reference`: time, model calls by phase, scores, skills.

    benchmarks/perf/learning.py [--build DIR] [--delay MS] [--jobs N] [--seeds N]
                                 [--config FILE] [--gate NAME] [--set KEY=VALUE ...]

Both learn the quickstart as `tools/quickstart.sh` configures it, tests included, from the rehearsal
model behind HTTP, with the same seeds. Time is counted in rounds: a server that answers whenever its
client can do nothing but wait, so that the figure is that of a machine without other work. With
`--delay 200` each run is made once more, by the clock, with a server that takes that long for every
answer. `--set cycle.update_every=100` is one update per epoch, as in the reference's own quickstart;
with `--config ""` the program's own defaults hold.

The default is taken with `gate: paired`, which decides by counts as the reference does: what is
compared is then the same statistics with and without the repairs. `--gate duel` shows what the
evidence costs that duels ask for; the limits are not meant for it.

The writer's edits are draws, and its prompts differ, so the two do not see the same edits. How much
of what the reference keeps is luck, a second run of it shows, for which the writer draws anew.

Prints Markdown. Exits with 1 if the default takes over 25 % of the time or 50 % of the calls, if it
keeps fewer skills than the reference, misses more of what the reference keeps than the reference
itself does with other draws (where its writer draws at all: at temperature 0 it does not), or lacks
in any seed a skill that the reference keeps in all.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

from rounds import DelayServer, RoundServer, ask, other_draws

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PHASES = ("val", "dev", "learn", "probe", "test")
MODES = {"reference": ask, "again": other_draws, "default": ask}
MOST_TIME, MOST_CALLS = 0.25, 0.50


def start(args, server, seed, mode, out):
    command = [os.path.join(args.build, "host", "grasp-host"), "run", "-t", "quickstart.so",
               "-m", "grasp.so", "-a", "local", "-o", out, "-j", str(args.jobs), "--quiet",
               "--set", "agent_temperature=0.0", "cycle.seed=%d" % seed, *args.set]
    if args.config:
        command += ["--config", args.config]
    command += ["--set", "compat=reference" if mode != "default" else "method.gate=" + args.gate]
    env = dict(os.environ, OPENAI_BASE_URL="http://127.0.0.1:%d/v1" % server.server_port,
               GRASP_PLUGIN_PATH=os.path.join(args.build, "plugins"))
    return subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)


def learn(args, server, seed, mode, out):
    """Seconds that it took."""
    began = time.monotonic()
    process = start(args, server, seed, mode, out)
    server.serve(process)
    if process.returncode:
        sys.exit("grasp-host: exit code %d" % process.returncode)
    return time.monotonic() - began


def read(out, *names):
    with open(os.path.join(out, *names), encoding="utf-8") as f:
        return json.load(f)


def calls(out):
    """Model calls by phase."""
    ledger = read(out, "ledger.json")
    return [sum(row["calls"] for row in ledger.get(phase, {}).values()) for phase in PHASES]


def kept(out):
    """The skills of the best checkpoint, each named by the failure that it rules out."""
    folder = os.path.join(out, "skills", "learned")
    return sorted(name[:-3].replace("avoid_", "") for name in os.listdir(folder)
                  if name.endswith(".md"))


def difference(skills, of_reference):
    more, less = sorted(set(skills) - set(of_reference)), sorted(set(of_reference) - set(skills))
    return ", ".join(["also " + name for name in more] + ["not " + name for name in less]) or "same"


class Run:
    def __init__(self, args, port, seed, mode, top):
        out = os.path.join(top, "%s%d" % (mode, seed))
        server = RoundServer(port, MODES[mode])
        learn(args, server, seed, mode, out)
        self.rounds, self.calls, self.by_phase = server.rounds, server.count, calls(out)
        assert sum(self.by_phase) == self.calls, "the ledger counts other calls than the server"
        self.skills = kept(out)
        self.best = max(row["score"] for row in read(out, "val_scores.json"))
        self.test = read(out, "test_scores.json").get("id_test_eval_best", {}).get("score")
        self.seconds = None
        if args.delay and mode != "again":
            self.seconds = learn(args, DelayServer(port, args.delay / 1000), seed, mode,
                                 out + "clock")
            assert kept(out + "clock") == self.skills, "another run by the clock"


def show(seed, mode, run, reference):
    print("| %d | %s | %d | %s | %s | %d | %.2f | %s | %s |" % (
        seed, {"again": "reference, other draws"}.get(mode, mode), run.rounds,
        "%.1f" % run.seconds if run.seconds else "", " | ".join(map(str, run.by_phase)), run.calls,
        run.best, ", ".join(run.skills), difference(run.skills, reference.skills)
        if run is not reference else ""), flush=True)


def total(rows, mode, member):
    return sum(getattr(row[mode], member) for row in rows)


def kept_too(rows, mode):
    """Of the skills that the reference keeps, over all seeds."""
    return sum(len(set(row[mode].skills) & set(row["reference"].skills)) for row in rows)


def show_lessons(rows):
    names = sorted({name for row in rows for run in row.values() for name in run.skills})
    print("| skill, kept in how many seeds | reference | reference, other draws | default |\n"
          "|---|---|---|---|")
    for name in names:
        print("| %s | %s |" % (name, " | ".join(
            str(sum(name in row[mode].skills for row in rows)) for mode in MODES)))
    print()


def check_kept(rows):
    kept_by = {mode: sum(len(row[mode].skills) for row in rows) for mode in MODES}
    mine, again = kept_too(rows, "default"), kept_too(rows, "again")
    drawn = any(row["again"].skills != row["reference"].skills for row in rows)
    print("- skills kept, over all seeds: the default %d (at least %d, what the reference keeps; "
          "with other draws %d)" % (kept_by["default"], kept_by["reference"], kept_by["again"]))
    print("- of the %d skills that the reference keeps, the default keeps %d (%s)" % (
        kept_by["reference"], mine, "at least %d, what the reference keeps with other draws" % again
        if drawn else "the reference's writer draws nothing, so there is nothing to compare with"))
    return kept_by["default"] >= kept_by["reference"] and (mine >= again or not drawn)


def check(rows, clock):
    """Prints the figures, each with what it may be; true if all hold."""
    good = True
    for member in ["rounds", "seconds"] if clock else ["rounds"]:
        ratio = total(rows, "default", member) / total(rows, "reference", member)
        good &= ratio <= MOST_TIME
        print("- %s, default / reference: %.1f %% (at most %.0f %%)" % (
            member, 100 * ratio, 100 * MOST_TIME))
    ratio = total(rows, "default", "calls") / total(rows, "reference", "calls")
    good &= ratio <= MOST_CALLS
    print("- calls: %.1f %% (at most %.0f %%)" % (100 * ratio, 100 * MOST_CALLS))
    good &= check_kept(rows)
    core = set.intersection(*(set(row["reference"].skills) for row in rows))
    lacking = [name for name in core if any(name not in row["default"].skills for row in rows)]
    good &= not lacking
    print("- what the reference keeps in every seed (%s), the default does%s" % (
        ", ".join(sorted(core)) or "nothing", " not: " + ", ".join(lacking) if lacking else " too"))
    for mode in MODES:
        tests = [row[mode].test for row in rows if row[mode].test is not None]
        print("- %s: best validation %.2f, `id_test` %.2f" % (
            mode, total(rows, mode, "best") / len(rows), sum(tests) / max(1, len(tests))))
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--delay", type=int, default=0, help="milliseconds per answer; 0: rounds only")
    parser.add_argument("--jobs", type=int, default=64)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--config", help="\"\": the program's own defaults",
                        default=os.path.join(ROOT, "benchmarks", "quickstart", "grasp.yaml"))
    parser.add_argument("--gate", default="paired", help="of the default: paired or duel")
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE")
    args = parser.parse_args()
    brain = subprocess.Popen([os.path.join(args.build, "host", "grasp-host"), "rehearse", "--json",
                              "-t", "quickstart.so", "-m", "grasp.so"], stdout=subprocess.PIPE,
                             env=dict(os.environ,
                                      GRASP_PLUGIN_PATH=os.path.join(args.build, "plugins")))
    port = int(json.loads(brain.stdout.readline())["url"].split(":")[2].split("/")[0])
    print("| seed | mode | rounds | seconds | %s | calls | best validation | skills | beside the "
          "reference |" % " | ".join(PHASES))
    print("|---" * (8 + len(PHASES)) + "|", flush=True)
    rows = []
    try:
        with tempfile.TemporaryDirectory(prefix="grasp-perf-") as top:
            for seed in range(1, args.seeds + 1):
                rows.append({mode: Run(args, port, seed, mode, top) for mode in MODES})
                for mode, run in rows[-1].items():
                    show(seed, mode, run, rows[-1]["reference"])
    finally:
        brain.terminate()
    print()
    show_lessons(rows)
    return 0 if check(rows, args.delay) else 1


sys.exit(main())
