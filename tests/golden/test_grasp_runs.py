#!/usr/bin/env python3
"""Plays the recorded runs of the reference through the program, under `compat: reference`, and
compares the run directories: test_grasp_runs.py BUILD TASK.so."""
import json
import os
import sys

try:
    import yaml  # the recording is PyYAML's
except ImportError:
    print("skipped: needs PyYAML (python3-yaml)")
    sys.exit(77)

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))

import lib  # noqa: E402
from recorded import Model  # noqa: E402

TASK = os.path.abspath(sys.argv[2])
SHARED = os.environ.get("GRASP_SHARED") or os.path.join(lib.ROOT, "..", "shared")
RUNS = os.path.join(SHARED, "golden", "grasp_e2e")
SKELETON = "---\nname: skeleton\ndescription: template\ntags: []\nversion: 0\n---\n\n## Rule\n"
CONFIG = """\
compat: reference
output_dir: runs
agent_preset: fake
agent_temperature: 0.0
skills:
  base_dir: base
cycle:
  epochs: 3
  update_every: 100
  batch_concurrency: 4
  max_proposals: 1
  max_learned_skills: 6
  grpo_k: 3
  grpo_eval_n: 8
  run_baseline: true
  proposal_temperature: 0.7
  seed: 1
"""
# Ours beyond the reference's, and what is free text.
OURS = {"journal.jsonl", "ledger.json", "run.json", "run.log"}


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def play(scenario, model, top, *more):
    """One process of a scenario in the folder; gives the run directory."""
    write(os.path.join(top, "config.yaml"), CONFIG)
    write(os.path.join(top, "base", "skeleton.md"), SKELETON)
    write(os.path.join(top, "agents", "fake.yaml"),
          "client: chat\nbase_url: %s\napi_key: none\nmodel: fake\nmax_tokens: 100\n" % model.url)
    out = os.path.join(top, "runs", "r")
    sets = [arg for one in scenario["overrides"] for arg in ("--set", one)]
    result = lib.run("run", "--config", "config.yaml", "--task", TASK, "--method", "grasp.so",
                     "--set", "task.file=" + os.path.join(RUNS, "task.json"),
                     "--set", "task.typed=%s" % str(scenario["typed"]).lower(),
                     "--out", out, *sets, *more, cwd=top)
    lib.expect(result, 0)
    return out


def compare_lines(name, ours, theirs):
    a, b = ours.decode().splitlines(), theirs.decode().splitlines()
    lib.check(len(a) == len(b), "%s has %d lines, not %d" % (name, len(a), len(b)))
    for number, (x, y) in enumerate(zip(a, b), 1):
        lib.check(x == y, "%s:%d differs\n  ours:     %s\n  recorded: %s" % (name, number, x, y))


def compare_config(ours, recorded):
    """Ours says more: task, method and compat; folders are the test's."""
    a, b = yaml.safe_load(ours), yaml.safe_load(recorded)
    for key in ("task", "method", "compat"):
        a.pop(key, None)
    a["output_dir"] = b["output_dir"]
    a["skills"]["base_dir"] = b["skills"]["base_dir"]
    lib.check(a == b, "config.yaml: %s, not %s" % (a, b))


def skill(text):
    head, body = text.decode().split("---\n", 2)[1:]
    return yaml.safe_load(head), body


def compare_skill(name, ours, recorded):
    """Quotes may differ, values and body may not."""
    lib.check(skill(ours) == skill(recorded),
              "%s: %s, not %s" % (name, skill(ours), skill(recorded)))


def compare_taxonomy(name, ours, recorded):
    """The order of its keys is the reference's hash order."""
    lib.check(json.loads(ours) == json.loads(recorded), "%s differs" % name)


def compare(out, recorded):
    ours, theirs = lib.tree(out), lib.tree(recorded)
    names = {name for name in ours if name not in OURS}
    lib.check(names == set(theirs) - {"run.log"}, "files: %s" % sorted(names ^ set(theirs)))
    for name in sorted(names):
        if name == "config.yaml":
            compare_config(ours[name], theirs[name])
        elif name.endswith("failure_taxonomy.json"):
            compare_taxonomy(name, ours[name], theirs[name])
        elif name.endswith(".md"):
            compare_skill(name, ours[name], theirs[name])
        else:
            compare_lines(name, ours[name], theirs[name])


def compare_trace(model, path, every_call):
    recorded = lib.lines(path)
    place = lambda row: (row["mrn"], row["episode"], row["turn"])  # noqa: E731
    ours = {place(row): row for row in model.trace}
    for row in recorded:
        lib.check(ours.get(place(row)) == row,
                  "a call shows %s, not %s" % (ours.get(place(row)), row))
    if every_call:
        lib.check(len(ours) == len(recorded), "%d calls, not %d" % (len(ours), len(recorded)))


def check_recorded(name):
    folder = os.path.join(RUNS, name)
    scenario, task = lib.load(folder, "scenario.json"), lib.load(RUNS, "task.json")
    with lib.folder() as top, Model(scenario, task) as model:
        out = play(scenario, model, top)
        compare(out, os.path.join(folder, "run"))
        compare_trace(model, os.path.join(folder, "injection_trace.jsonl"),
                      not name.startswith("r1_"))
        rollouts = len({(row["mrn"], row["episode"]) for row in model.trace})
        lib.check(rollouts == scenario["rollouts"],
                  "%d rollouts, not %d" % (rollouts, scenario["rollouts"]))
        lib.check(len(model.prompts) == scenario["writer_calls"],
                  "%d writer calls, not %d" % (len(model.prompts), scenario["writer_calls"]))


def recorded_test(name):
    def test():
        check_recorded(name)
    test.__name__ = name
    return test


if not os.path.isdir(RUNS):
    print("skipped: no recorded runs at %s" % RUNS)
    sys.exit(77)
lib.main(*[recorded_test(name) for name in sorted(os.listdir(RUNS)) if name.startswith("r")])
