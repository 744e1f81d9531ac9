#!/usr/bin/env python3
"""Learns with each gate on the rehearsal with noise, and measures what was learned without it.

    benchmarks/gate/endtoend.py [--build DIR] [--tasks quickstart,medagent] [--seeds N] [--jobs N]
                                [--gates G1;G2] [--noises N1,N2] [--unhelpful UPDATES]
                                [--set OPTION=VALUE ...] [--out FILE.csv]

The agent is at temperature .7, so that every rollout is a draw of its own; noise turns the verdict of
a share of rollouts round, some samples' more often than others' (`rehearsal_noise`), the same way
for every gate. True accuracy is that of the best checkpoint on the test splits, without noise.
With --unhelpful the writer's edits are useless or harmful only, until so many updates were made.
Every run is added to --out when it ends, and what is there already is not run again: other
options of --set want another file.
Prints Markdown. The rehearsal says nothing about a model.
"""
import argparse
import concurrent.futures
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading

import tables

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
GATES = {
    "reference": ["method.gate=reference"],
    "paired": ["method.gate=paired"],
    "duel, bare": ["method.gate=duel", "method.label_order=false", "method.carry_over=false",
                   "method.prune=false"],
    "duel": ["method.gate=duel"],
}
TASKS = {
    "quickstart": ["cycle.epochs=3", "cycle.update_every=10", "cycle.grpo_k=3",
                   "cycle.grpo_eval_n=8", "cycle.max_learned_skills=6"],
    "medagent": ["cycle.epochs=3", "cycle.update_every=48", "cycle.grpo_k=4",
                 "cycle.grpo_eval_n=36", "cycle.max_learned_skills=10"],
}
NOISES = ("0", "0.05", "0.15")
SPLITS = ("test", "id_test")
LOCK = threading.Lock()
KNOWN = {}  # knowledge -> true accuracy


def host(args, *command):
    env = dict(os.environ, GRASP_PLUGIN_PATH=os.path.join(args.build, "plugins"))
    return subprocess.run([os.path.join(args.build, "host", "grasp-host"), *command, "--quiet"],
                          env=env, capture_output=True, text=True)


def load(*path):
    with open(os.path.join(*path), encoding="utf-8") as f:
        return json.load(f)


def files_of(folder):
    out = []
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        if name.endswith(".md"):
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                out.append((name, f.read()))
    return tuple(out)


def true_accuracy(args, task, folder, top):
    """On all test samples, without noise."""
    key = (task, files_of(folder))
    with LOCK:
        if key in KNOWN:
            return KNOWN[key]
    right = total = 0
    for split in SPLITS:
        out = tempfile.mkdtemp(dir=top)
        command = ["eval", "-t", task + ".so", "-m", "grasp.so", "-a", "rehearsal", "-s", split,
                   "-o", out, "--force", "--set", "agent_temperature=0.7"]
        if key[1]:
            command[1:1] = ["-k", folder]
        result = host(args, *command)
        if result.returncode:
            continue  # a task need not have both splits
        score = load(out, split + "_score.json")
        right += score["n_correct"]
        total += score["n_total"]
    if not total:
        sys.exit("%s: no test split could be run: %s" % (task, result.stderr))
    with LOCK:
        KNOWN[key] = right / total
    return right / total


def updates_of(out):
    events = []
    epoch = 0
    while os.path.exists(os.path.join(out, "epoch_%d" % epoch, "skill_updates.json")):
        events += load(out, "epoch_%d" % epoch, "skill_updates.json")
        epoch += 1
    return [event for event in events if not event.get("pruning")]


def learn(args, task, noise, gate, seed, top, extra=()):
    out = os.path.join(top, "%s-%s-%s-%d" % (task, noise, gate.replace(", ", "_"), seed))
    result = host(args, "run", "-t", task + ".so", "-m", "grasp.so", "-a", "rehearsal", "-o", out,
                  "-j", "4", "--set", "test=false", "agent_temperature=0.7",
                  "rehearsal_noise=" + noise, "cycle.seed=%d" % seed, *TASKS[task], *GATES[gate],
                  *args.set, *extra)
    if result.returncode:
        sys.exit("%s: exit code %d\n%s" % (out, result.returncode, result.stderr))
    events = updates_of(out)
    ledger = load(out, "ledger.json")
    row = {
        "task": task, "noise": noise, "gate": gate, "seed": seed,
        "updates": sum(bool(event["grpo"]) for event in events),
        "accepted": sum(bool(event["applied"]) for event in events),
        "skills": len(files_of(os.path.join(out, "skills", "best"))),
        "probe_calls": sum(r["calls"] for r in ledger.get("probe", {}).values()),
        "accuracy": "" if extra else
        "%.4f" % true_accuracy(args, task, os.path.join(out, "skills", "best"), top),
    }
    shutil.rmtree(out)
    return row


class Rows:
    """The runs of a CSV file, which grows by one row whenever a run ends."""

    def __init__(self, path):
        self.path = path
        self.rows = {}
        if path and os.path.exists(path):
            with open(path, newline="", encoding="utf-8") as f:
                for row in csv.DictReader(f):
                    self.rows[self.key(row)] = row

    @staticmethod
    def key(row):
        return row["task"], row["noise"], row["gate"], int(row["seed"])

    def add(self, row):
        with LOCK:
            self.rows[self.key(row)] = row
            if self.path:
                self.write(list(row))

    def write(self, fields):
        temporary = self.path + ".new"
        with open(temporary, "w", newline="", encoding="utf-8") as f:
            writer = csv.DictWriter(f, fields, lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.ordered())
            f.flush()
            os.fsync(f.fileno())
        os.replace(temporary, self.path)

    def ordered(self):
        order = list(GATES)
        return sorted(self.rows.values(), key=lambda r: (
            list(TASKS).index(r["task"]), float(r["noise"]), order.index(r["gate"]),
            int(r["seed"])))

    def of(self, task, noise, gate):
        return [row for row in self.ordered()
                if (row["task"], row["noise"], row["gate"]) == (task, noise, gate)]


def run_missing(args, top, rows, jobs, extra=()):
    """Runs what the file does not have."""
    missing = [job for job in jobs if job not in rows.rows]
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for done in concurrent.futures.as_completed(
                [pool.submit(lambda job=job: rows.add(learn(args, *job, top, extra)))
                 for job in missing]):
            done.result()


def cells_of(args):
    return [(task, noise, gate) for task in args.tasks for noise in args.noises
            for gate in args.gates]


def compare(args, top, rows):
    """Seed by seed, so that a run cut short has as many of each gate."""
    run_missing(args, top, rows, [(*cell, seed) for seed in range(1, args.seeds + 1)
                                  for cell in cells_of(args)])
    print(tables.endtoend(rows.ordered()))


def unhelpful(args, top, rows):
    """The same prompt, with a line that asks the rehearsal for nothing that helps."""
    prompts = os.path.join(top, "prompts")
    os.mkdir(prompts)
    name = os.path.join("plugins", "methods", "grasp", "prompts", "propose.md")
    with open(os.path.join(ROOT, name), encoding="utf-8") as f:
        text = f.read()
    with open(os.path.join(prompts, "propose.md"), "w", encoding="utf-8") as f:
        f.write(text + "\nRehearsal: no helpful edits\n")
    for cell in cells_of(args):
        seed = 1
        while tables.total(rows.of(*cell), "updates") < args.unhelpful:
            run_missing(args, top, rows, [(*cell, s) for s in range(seed, seed + args.jobs)],
                        ("method.prompts_dir=" + prompts,))
            seed += args.jobs
    print(tables.unhelpful(rows.ordered()))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--tasks", default="quickstart,medagent", type=lambda s: s.split(","))
    parser.add_argument("--gates", default=";".join(GATES), type=lambda s: s.split(";"))
    parser.add_argument("--noises", default=",".join(NOISES), type=lambda s: s.split(","))
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--unhelpful", type=int, default=0)
    parser.add_argument("--set", nargs="+", default=[], help="options of every run")
    parser.add_argument("--out")
    args = parser.parse_args()
    rows = Rows(args.out)
    with tempfile.TemporaryDirectory() as top:
        (unhelpful if args.unhelpful else compare)(args, top, rows)


if __name__ == "__main__":
    main()
