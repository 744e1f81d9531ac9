"""Files and JSON keys of a run directory are the reference's, so that tools written for it read ours."""
import os

import lib

SHARED = os.environ.get("GRASP_SHARED") or os.path.join(lib.ROOT, "..", "shared")

DEV = ["sample_id", "instruction", "query_type", "is_correct", "update_cycle", "status", "error",
       "failure_tags", "ground_truth", "task_result", "history_final_answer", "agent_actions",
       "history", "skill_snapshot_before"]
VAL = ["sample_id", "is_correct", "status", "result", "error_info"]
SCORE = ["epoch", "score", "n_correct", "n_total", "dev_score"]
EVENT = ["epoch", "update_cycle", "batch_size", "batch_correct", "applied", "raw_proposals", "grpo"]
GRPO = ["proposal", "net", "score", "raw_score", "fixes", "regressions",
        "invalid_action_regressions", "baseline_fixes", "baseline_regressions",
        "invalid_action_regression_penalty"]
SKILL = ["name", "description", "tags", "version", "provenance", "content"]
TEST = ["split", "score", "n_correct", "n_total"]
EVALS = ["id_test_eval_baseline", "id_test_eval_best", "test_eval_baseline", "test_eval_best"]


def keys(value, expected, what, exact=True):
    have = list(value)
    wanted = [key for key in have if key in expected] if not exact else have
    lib.check(wanted == expected, "%s has keys %s" % (what, have))


def check_files(out):
    expected = {"config.yaml", "run.log", "val_scores.json", "test_scores.json"}
    for epoch in range(3):
        expected |= {"epoch_%d/%s" % (epoch, name) for name in (
            "dev_runs.jsonl", "skill_updates.json", "failure_taxonomy.json", "val_runs.jsonl",
            "val_score.json")}
    expected |= {"baseline/val_runs.jsonl", "baseline/val_score.json"}
    for name in EVALS:
        expected |= {name + "/test_runs.jsonl", name + "/test_score.json"}
    have = set(lib.tree(out))
    lib.check(expected <= have, "missing: %s" % sorted(expected - have))
    ours = {"journal.jsonl", "ledger.json", "run.json"}
    other = {name for name in have - expected - ours if not name.startswith("skills/")}
    lib.check(not other, "unknown files: %s" % sorted(other))
    lib.check(any(n.startswith("skills/best/") for n in have), "no skills/best")
    lib.check(any(n.startswith("skills/learned/") for n in have), "no skills/learned")


def check_epoch(out, epoch):
    base = os.path.join(out, "epoch_%d" % epoch)
    rows = lib.lines(os.path.join(base, "dev_runs.jsonl"))
    lib.check(len(rows) == 20, "%d dev rows" % len(rows))
    for row in rows:
        keys(row, DEV, "dev_runs.jsonl")
        lib.check(all(set(m) >= {"role", "content"} for m in row["history"]), "history")
        for skill in row["skill_snapshot_before"]:
            keys(skill, SKILL, "skill_snapshot_before")
    for row in lib.lines(os.path.join(base, "val_runs.jsonl")):
        keys(row, VAL, "val_runs.jsonl")
    keys(lib.load(base, "val_score.json"), SCORE, "val_score.json")
    for event in lib.load(base, "skill_updates.json"):
        keys(event, EVENT, "skill_updates.json", exact=False)
        for candidate in event["grpo"]:
            keys(candidate, GRPO, "grpo", exact=False)
    taxonomy = lib.load(base, "failure_taxonomy.json")
    lib.check(all(isinstance(v, str) for v in taxonomy.values()), "failure_taxonomy.json")


def check_formats(out):
    for name, data in lib.tree(out).items():
        if name.endswith(".json"):
            lib.check(not data.endswith(b"\n") and data.startswith((b"{\n  ", b"[\n  ", b"[]", b"{}")),
                      "%s is not indented by two without a last newline" % name)
        if name.endswith("_runs.jsonl"):
            lib.check(data.endswith(b"}\n") and b'": ' in data and b", " in data, name)


def test_layout():
    with lib.folder() as top:
        out = os.path.join(top, "run")
        lib.expect(lib.run(*lib.QUICKSTART, "--agent", "rehearsal", "--out", out), 0)
        check_files(out)
        for epoch in range(3):
            check_epoch(out, epoch)
        curve = lib.load(out, "val_scores.json")
        lib.check([row["epoch"] for row in curve] == ["baseline", 0, 1, 2], "epochs of the curve")
        lib.check(curve[0]["dev_score"] is None and curve[1]["dev_score"] is not None, "dev_score")
        for row in curve:
            keys(row, SCORE, "val_scores.json")
        scores = lib.load(out, "test_scores.json")
        lib.check(sorted(scores) == EVALS, "test_scores.json has %s" % sorted(scores))
        for name in EVALS:
            keys(scores[name], TEST, name)
            for row in lib.lines(os.path.join(out, name, "test_runs.jsonl")):
                keys(row, ["sample_id", "is_correct", "status"], "test_runs.jsonl")
        check_formats(out)
        with open(os.path.join(out, "config.yaml"), encoding="utf-8") as f:
            text = f.read()
        top_level = [row.split(":")[0] for row in text.splitlines() if row and row[0] not in " -"]
        lib.check(top_level == sorted(top_level) and "_resume" in top_level
                  and "agent_preset" in top_level, "config.yaml: %s" % top_level)


def recorded_runs():
    base = os.path.join(SHARED, "golden", "grasp_e2e")
    runs = [os.path.join(base, name, "run") for name in sorted(os.listdir(base))] \
        if os.path.isdir(base) else []
    return [run for run in runs if os.path.isdir(run)]


def shape(value):
    """Keys in their order, kinds of values; of a list, the shapes that its elements have. What was
    null somewhere may be anything elsewhere."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value[:1]]
    return "number" if isinstance(value, (int, float)) else type(value).__name__


FREE = {"task_result", "result", "ground_truth", "provenance"}  # the task's, or the skill's past


def compare(ours, theirs, where):
    if isinstance(theirs, dict):
        lib.check(isinstance(ours, dict), "%s is no object" % where)
        have = [key for key in ours if key in theirs]
        lib.check(have == list(theirs), "%s has keys %s, not %s" % (where, list(ours), list(theirs)))
        for key in theirs:
            if key not in FREE:
                compare(ours[key], theirs[key], where + "." + key)
    elif isinstance(theirs, list):
        lib.check(isinstance(ours, list), "%s is no list" % where)
        if ours and theirs:
            compare(ours[0], theirs[0], where + "[]")
    elif "NoneType" not in (ours, theirs):
        lib.check(ours == theirs, "%s is a %s, not a %s" % (where, ours, theirs))


def rows(path):
    return lib.lines(path) if path.endswith(".jsonl") else [lib.load(path)]


def spacing(path):
    """How the first object of a JSON Lines file is written."""
    with open(path, encoding="utf-8") as f:
        line = f.readline()
    return lib.json.dumps(lib.json.loads(line), ensure_ascii=False) == line.rstrip("\n")


def test_like_a_recorded_run():
    """Every file of a run that the reference wrote is in ours, with the same keys in the same order,
    the same kinds of values and the same separators."""
    with lib.folder() as top:
        out = os.path.join(top, "run")
        lib.expect(lib.run(*lib.QUICKSTART, "--agent", "rehearsal", "--out", out), 0)
        for run in recorded_runs():
            for name in lib.tree(run):
                path = os.path.join(out, name)
                if name.startswith("skills/"):
                    path = os.path.join(out, os.path.dirname(name))
                    lib.check(os.listdir(path), "%s is empty" % path)
                    continue
                lib.check(os.path.exists(path), "there is no %s" % name)
                if not name.endswith((".json", ".jsonl")) or name.endswith("taxonomy.json"):
                    continue
                theirs = os.path.join(run, name)
                if rows(theirs) and rows(path):
                    compare(shape(rows(path)[0]), shape(rows(theirs)[0]), name)
                if name.endswith(".jsonl"):
                    lib.check(spacing(path) and spacing(theirs), "%s is written otherwise" % name)


def test_configuration_like_a_recorded_run():
    with lib.folder() as top:
        out = os.path.join(top, "run")
        lib.expect(lib.run(*lib.QUICKSTART, "--agent", "rehearsal", "--out", out), 0)
        with open(os.path.join(out, "config.yaml"), encoding="utf-8") as f:
            ours = f.read().splitlines()
        for run in recorded_runs():
            with open(os.path.join(run, "config.yaml"), encoding="utf-8") as f:
                theirs = f.read().splitlines()
            keys_of = [row.split(":")[0] for row in theirs if not row.startswith(("skills", "  base"))]
            have = [row.split(":")[0] for row in ours]
            lib.check([key for key in have if key in keys_of] == keys_of,
                      "config.yaml has %s, not %s" % (have, keys_of))


def test_skill_files():
    """A skill is a text with front matter, which the reference's reader takes apart."""
    with lib.folder() as top:
        out = os.path.join(top, "run")
        lib.expect(lib.run(*lib.QUICKSTART, "--agent", "rehearsal", "--out", out), 0)
        for name, data in lib.tree(os.path.join(out, "skills", "best")).items():
            text = data.decode()
            lib.check(name.endswith(".md") and text.startswith("---\n"), name)
            front = text.split("---\n")[1]
            for key in ("name", "description", "tags", "version", "provenance"):
                lib.check("\n%s:" % key in "\n" + front, "%s has no %s" % (name, key))


if not recorded_runs():
    print("recorded runs: skipped, there is no %s/golden/grasp_e2e (GRASP_SHARED)" % SHARED)
    lib.main(test_layout, test_skill_files, skipped=True)
lib.main(test_layout, test_skill_files, test_like_a_recorded_run,
         test_configuration_like_a_recorded_run)
