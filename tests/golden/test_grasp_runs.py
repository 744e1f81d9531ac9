#!/usr/bin/env python3
"""Plays the recorded runs of the reference through the program, under `compat: reference`, and
compares the run directories: test_grasp_runs.py BUILD TASK.so."""
import json
import os
import subprocess
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


def play(scenario, model, top, *more, code=0):
    """One process of a scenario in the folder; gives the run directory. code: None for one that
    is killed."""
    write(os.path.join(top, "config.yaml"), CONFIG)
    write(os.path.join(top, "base", "skeleton.md"), SKELETON)
    write(os.path.join(top, "agents", "fake.yaml"),
          "client: chat\nbase_url: %s\napi_key: none\nmodel: fake\nmax_tokens: 100\n" % model.url)
    out = os.path.join(top, "runs", "r")
    sets = [arg for one in scenario["overrides"] for arg in ("--set", one)]
    model.process = subprocess.Popen(
        [lib.HOST, "run", "--config", "config.yaml", "--task", TASK, "--method", "grasp.so",
         "--set", "task.file=" + os.path.join(RUNS, "task.json"),
         "--set", "task.typed=%s" % str(scenario["typed"]).lower(), "--out", out, *sets, *more],
        env=lib.environment(), cwd=top, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    text = model.process.communicate(timeout=600)[0]
    want = -9 if code is None else code
    lib.check(model.process.returncode == want,
              "exit code %s, not %s\n%s" % (model.process.returncode, want, text[-3000:]))
    return text if code else out


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


# What the recordings say of resume, told apart from the reference: there a killed epoch is run
# again with its edits half applied, and an update that was under way is lost. Here nothing is run
# twice and nothing is lost: the directory is that of the run that was never killed.

def recorded_r1():
    folder = os.path.join(RUNS, "r1_quickstart")
    return lib.load(folder, "scenario.json"), lib.load(RUNS, "task.json"), os.path.join(folder,
                                                                                         "run")


def check_killed(calls, spoil=None):
    scenario, task, recorded = recorded_r1()
    with lib.folder() as top, Model(scenario, task) as model:
        model.kill_at = calls
        play(scenario, model, top, code=None)
        out = os.path.join(top, "runs", "r")
        if spoil:
            write(os.path.join(out, spoil), "{\"epoch\": 0, \"sco")
        play(scenario, model, top, "--resume")
        compare(out, recorded)
        lib.check(len(model.prompts) == scenario["writer_calls"], "writer calls were repeated")
        again = len(model.trace) - 2 * scenario["rollouts"]
        lib.check(0 <= again <= 8, "%d calls of the agent were repeated" % again)


def test_killed_in_baseline_val():
    check_killed(9)


def test_killed_in_dev_batch():
    check_killed(20 + 11)


def test_killed_in_baseline_probe():
    check_killed(20 + 40 + 5)


def test_killed_in_val():
    check_killed(20 + 40 + 16 + 32 + 7)


def test_corrupt_score_is_written_again():
    check_killed(20 + 40 + 16 + 32 + 20 + 10, spoil="epoch_0/val_score.json")


def test_one_more_epoch_is_another_run():
    scenario, task, recorded = recorded_r1()
    with lib.folder() as top, Model(scenario, task) as model:
        out = play(scenario, model, top)
        text = play(scenario, model, top, "--set", "cycle.epochs=4", "--resume", code=78)
        lib.check("cycle.epochs" in text, "does not name the key: " + text)
        compare(out, recorded)


def test_force_begins_afresh():
    scenario, task, recorded = recorded_r1()
    with lib.folder() as top:
        for more in ((), ("--force",)):
            with Model(scenario, task) as model:
                compare(play(scenario, model, top, *more), recorded)


def scenario_of(script, *overrides, flaky=()):
    return {"writer_script": script, "overrides": list(overrides), "typed": False,
            "flaky_mrns": list(flaky)}


def edit(action, name, rule):
    return json.dumps([{"action": action, "name": name, "description": "says " + rule,
                        "content": "## When to Use This Skill\nMagnesium questions.\n\n## Rule\n"
                                   + rule, "tags": ["magnesium"]}])


def learned(out, folder="learned"):
    return {name: data.decode() for name, data in lib.tree(os.path.join(out, "skills",
                                                                        folder)).items()}


def events(out, epoch):
    return lib.load(out, "epoch_%d" % epoch, "skill_updates.json")


def test_several_batches():
    """Later probes are drawn from earlier batches; an edit that comes twice is tried once; a
    MODIFY keeps its predecessor."""
    first, second = edit("ADD", "window", "RULE_OLD"), edit("MODIFY", "window", "RULE_WINDOW")
    worse = edit("MODIFY", "window", "RULE_MINUS1")
    none = json.dumps({"labels": {}})
    script = [none, "{}", first, first, none, "{}", worse, second]
    scenario = scenario_of(script, "cycle.update_every=7", "cycle.epochs=2", "cycle.grpo_k=2",
                           "cycle.grpo_eval_n=14")
    with lib.folder() as top, Model(scenario, lib.load(RUNS, "task.json")) as model:
        out = play(scenario, model, top)
        log = events(out, 0)
        lib.check([event["update_cycle"] for event in log] == [0, 1, 2], "update cycles")
        lib.check([event["batch_size"] for event in log] == [7, 7, 6], "batch sizes")
        lib.check(len(log[0]["raw_proposals"]) == 2 and len(log[0]["grpo"]) == 1, "no dedupe")
        lib.check([c["proposal"]["action"] for c in log[1]["grpo"]] == ["MODIFY", "MODIFY"], "grpo")
        lib.check([e["content"][-11:] for e in log[1]["applied"]] == ["RULE_WINDOW"], "applied")
        files = learned(out)
        lib.check(sorted(files) == [".history/window_v1.md", "window.md"], str(sorted(files)))
        lib.check("parent_version: 1" in files["window.md"], files["window.md"])
        lib.check("RULE_OLD" in files[".history/window_v1.md"], "the archived version")
        known = lib.lines(os.path.join(out, "epoch_1", "dev_runs.jsonl"))[0]
        known = known["skill_snapshot_before"][0]["provenance"]
        lib.check("parent_version" in known and list(known) == sorted(known), str(list(known)))


def test_replies_are_taken_as_they_are():
    """Labels count whatever sample they name, tags are kept if they are no list, and an object
    without labels is not asked for again."""
    bare = json.loads(edit("ADD", "window", "RULE_WINDOW"))
    bare[0].update(tags="magnesium", description=["a", 1.5], name="\u0130 window")
    foreign = json.dumps({"labels": {"nobody": "of_no_sample"}})
    script = [foreign, "{}", json.dumps(bare), "{}", "{}", "[]"]
    scenario = scenario_of(script, "cycle.epochs=2", "cycle.grpo_k=1")
    with lib.folder() as top, Model(scenario, lib.load(RUNS, "task.json")) as model:
        model.flaky = set(list(model.patients)[:2])
        out = play(scenario, model, top)
        labels = lib.load(out, "epoch_0", "failure_taxonomy.json")
        lib.check(labels == {"of_no_sample": "of no sample"}, str(labels))
        shown = lib.lines(os.path.join(out, "epoch_1", "dev_runs.jsonl"))[0]
        shown = shown["skill_snapshot_before"][0]
        lib.check(shown["name"] == "i_window", str(shown))
        lib.check(shown["tags"] == "magnesium", str(shown))
        lib.check(shown["description"] == "['a', 1.5]", str(shown))
        first = [prompt.split("\n", 1)[0] for prompt in model.prompts]
        lib.check(first.count("# Name the cause of each failure") == 2, str(first))


def test_baseline_competes():
    """A skill that leaves validation as it was: the reference keeps it, by default the empty
    library stays the best."""
    script = [json.dumps({"labels": {}}), "{}", edit("ADD", "minus", "RULE_MINUS1")]
    for competes in ("false", "true"):
        scenario = scenario_of(script, "cycle.epochs=1", "cycle.grpo_k=1", "cycle.no_gate=true",
                               "cycle.baseline_competes=" + competes)
        with lib.folder() as top, Model(scenario, lib.load(RUNS, "task.json")) as model:
            out = play(scenario, model, top)
            scores = [row["score"] for row in lib.load(out, "val_scores.json")]
            lib.check(scores == [0.5, 0.5], str(scores))
            lib.check([e["name"] for e in events(out, 0)[0]["applied"]] == ["minus"], "applied")
            kept = [name for name in learned(out) if name.endswith(".md")]
            lib.check(kept == ([] if competes == "true" else ["minus.md"]), str(kept))
            lib.check(len(model.trace) == 2 * (10 + 20 + 10), "a probe was run")


def test_collapse():
    """A skill that works once is taken out when dev collapses; the best checkpoint brings it
    back."""
    script = [json.dumps({"labels": {}}), "{}", edit("ADD", "bomb", "RULE_BOMB")]
    scenario = scenario_of(script, "cycle.epochs=2", "cycle.grpo_k=1", "cycle.grpo_eval_n=40",
                           "cycle.update_every=20")
    with lib.folder() as top, Model(scenario, lib.load(RUNS, "task.json")) as model:
        out = play(scenario, model, top)
        scores = lib.load(out, "val_scores.json")
        lib.check([row["score"] for row in scores[:2]] == [0.5, 1.0], str(scores))
        lib.check(scores[2]["dev_score"] == 0, str(scores))
        event = events(out, 1)[-1]
        lib.check(event["recovery"] is True and event["grpo"] == [], str(event))
        lib.check(event["update_cycle"] == 1 and event["batch_size"] == 0, str(event))
        lib.check([sorted(e) for e in event["applied"]]
                  == [["action", "content", "description", "name"]], str(event))
        lib.check(event["applied"][0]["action"] == "REMOVE", str(event))
        lib.check(sorted(learned(out)) == ["bomb.md"], "the best library is not restored")
        shows = [bool(row["skills"]) for row in model.trace]
        lib.check(shows[-61] and not any(shows[-60:]),
                  "the library as it was does not run before the one without the skill")


def test_collapse_that_a_removal_does_not_help():
    script = [json.dumps({"labels": {}}), "{}", edit("ADD", "one", "RULE_GARBLE"),
              edit("ADD", "two", "RULE_GARBLE")]
    scenario = scenario_of(script, "cycle.epochs=2", "cycle.grpo_k=2", "cycle.no_gate=true")
    with lib.folder() as top, Model(scenario, lib.load(RUNS, "task.json")) as model:
        out = play(scenario, model, top)
        lib.check(lib.load(out, "val_scores.json")[2]["dev_score"] == 0, "dev did not collapse")
        lib.check([e["update_cycle"] for e in events(out, 1)] == [0], str(events(out, 1)))


if not os.path.isdir(RUNS):
    print("skipped: no recorded runs at %s" % RUNS)
    sys.exit(77)
lib.main(*[recorded_test(name) for name in sorted(os.listdir(RUNS)) if name.startswith("r")],
         test_killed_in_baseline_val, test_killed_in_dev_batch, test_killed_in_baseline_probe,
         test_killed_in_val, test_corrupt_score_is_written_again,
         test_one_more_epoch_is_another_run, test_force_begins_afresh, test_several_batches,
         test_baseline_competes, test_collapse,
         test_collapse_that_a_removal_does_not_help, test_replies_are_taken_as_they_are)
