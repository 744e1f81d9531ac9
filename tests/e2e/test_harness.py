"""The loop around a method: units, order, splits, what is missing, and grading again."""
import os
import random

import build
import lib

REHEARSAL = ["--agent", "rehearsal", "--quiet"]
SUMS = "sums.c"


def learn_calls(out, epoch):
    return lib.load(out, "epoch_%d" % epoch, "calls.json")


def ids(calls):
    return [rollout["sample_id"] for call in calls for rollout in call["rollouts"]]


def test_units():
    with lib.folder() as top:
        sums, units = build.variant(top, "sums", SUMS), build.own(top, "units")
        for unit, sizes in (("sample", [1] * 20), ("batch", [6, 6, 6, 2]), ("epoch", [20])):
            out = os.path.join(top, unit)
            lib.expect(lib.run("-t", sums, "-m", units, *REHEARSAL, "--out", out, "--set",
                               "method.unit=" + unit, "cycle.update_every=6", "cycle.epochs=2"), 0)
            for epoch in range(2):
                calls = learn_calls(out, epoch)
                lib.check([len(c["rollouts"]) for c in calls] == sizes, "%s: %s" % (unit, calls))
                lib.check([c["update_cycle"] for c in calls] == list(range(len(sizes))), "cycles")
                lib.check([c["last"] for c in calls] == [False] * (len(sizes) - 1) + [True], "last")
                # the order is that of CPython's generator, seeded with a text
                order = ["sum_%d" % i for i in range(20)]
                random.Random("1:shuffle:%d" % epoch).shuffle(order)
                lib.check(ids(calls) == order, "%s: order of samples" % unit)
                end = lib.load(out, "epoch_%d" % epoch, "end.json")
                lib.check(end["n_total"] == 20 and end["epoch"] == epoch, "epoch_end: %s" % end)
            # It helped nobody, so the run ends with what it began with: nothing.
            lib.check(not os.listdir(os.path.join(out, "knowledge", "best")), "kept without gain")


def test_no_tests_where_the_task_has_none():
    with lib.folder() as top:
        out = os.path.join(top, "run")
        sums, notes = build.variant(top, "sums", SUMS), build.variant(top, "notes", "notes.c")
        lib.expect(lib.run("-t", sums, "-m", notes, *REHEARSAL, "--out", out), 0)
        names = [name for name in os.listdir(out) if "test" in name]
        lib.check(not names, "there are %s" % names)
        curve = lib.load(out, "val_scores.json")
        lib.check([row["epoch"] for row in curve] == ["baseline", 0, 1, 2], "curve: %s" % curve)


def test_empty_split():
    with lib.folder() as top:
        empty = build.variant(top, "empty", SUMS, ("20 : 30", "20 : 20"))
        result = lib.run("-t", empty, "-m", "none.so", *REHEARSAL, "--out", os.path.join(top, "run"))
        lib.expect(result, 78, "split 'val' is empty")
        lib.check(not os.path.exists(os.path.join(top, "run")), "a run directory was made")


def test_not_available():
    """A sample of val that the environment cannot serve: reported, in the total, neither right nor
    wrong; when it can, --resume --retry-missing makes the run as if it always could."""
    with lib.folder() as top:
        flag = os.path.join(top, "down")
        fail = ("    *out = NULL;\n    return grasp_say",
                "    *out = NULL;\n    if (strstr(sample.ptr, \"\\\"sum_23\\\"\") && fopen(\"%s\", "
                "\"r\"))\n        return grasp_fail(call, GRASP_E_UNAVAILABLE, \"no adder\");\n"
                "    return grasp_say" % flag)
        sums = build.variant(top, "sums", SUMS, fail)
        args = ["-t", sums, "-m", build.variant(top, "notes", "notes.c"), "--agent", "rehearsal"]
        expected, out = os.path.join(top, "expected"), os.path.join(top, "run")
        lib.expect(lib.run(*args, "--out", expected), 0)
        with open(flag, "w", encoding="utf-8"):
            pass
        result = lib.run(*args, "--out", out)
        lib.expect(result, 3, "4 could not be run (environment 4)", "--resume --retry-missing")
        missing = lib.load(out, "missing.json")
        lib.check([item["place"] for item in missing["items"]] ==
                  ["%s/val/sum_23" % e for e in ("baseline", "epoch_0", "epoch_1", "epoch_2")],
                  str(missing))
        lib.check({item["fault"] for item in missing["items"]} == {"environment"}, str(missing))
        for epoch in ("baseline", "epoch_0", "epoch_1", "epoch_2"):
            rows = lib.lines(os.path.join(out, epoch, "val_runs.jsonl"))
            missing = [row for row in rows if row["is_correct"] is None]
            lib.check(len(rows) == 10 and len(missing) == 1, "%s: %d rows" % (epoch, len(rows)))
            lib.check("no adder" in missing[0]["error_info"], "why: %s" % missing[0])
            score = lib.load(out, epoch, "val_score.json")
            right = sum(row["is_correct"] is True for row in rows)
            lib.check((score["n_total"], score["n_missing"], score["n_correct"]) == (10, 1, right),
                      "%s: %s" % (epoch, score))
            lib.check(score["complete"] is False, "called complete: %s" % score)
            lib.check(score["score"] == right / 9, "a missing sample counts as wrong: %s" % score)
        lib.expect(lib.run("--resume", "--retry-missing", "--out", out), 3)
        before = lib.untimed(lib.tree(out))
        os.unlink(flag)
        lib.expect(lib.run("--resume", "--out", out), 3, "--retry-missing")
        lib.check(lib.untimed(lib.tree(out)) == before, "a plain resume changed what was missing")
        lib.expect(lib.run("--resume", "--retry-missing", "--out", out), 0)
        different = lib.same(expected, out)
        lib.check(not different, "differ: %s" % different)


def test_regrade_with_a_changed_grader():
    with lib.folder() as top:
        sums = build.variant(top, "sums", SUMS)
        changed = build.variant(top, "changed", SUMS, ("== sum_of(", "!= sum_of("))
        out = os.path.join(top, "run")
        lib.expect(lib.run("-t", sums, "-m", "none.so", *REHEARSAL, "--out", out), 0)
        before = lib.tree(out)
        lib.expect(lib.run("regrade", out), 0, "0 verdicts changed")
        # The model is gone: nothing may be asked of it.
        result = lib.run("regrade", out, "--task", changed, "--json",
                         env=lib.endpoint("http://127.0.0.1:9/v1"))
        lib.expect(result, 0)
        report = lib.json.loads(result.stdout)
        phase = report["phases"][0]
        answered = sum(row["result"] is None and row["status"] == "completed"
                       for row in lib.lines(os.path.join(out, "baseline", "val_runs.jsonl")))
        lib.check(phase["phase"] == "baseline/val" and phase["n_total"] == 10, "phases: %s" % phase)
        lib.check(0 < answered and len(report["changed"]) == answered, "changed: %s" % report)
        lib.check(phase["n_correct_after"] == answered - phase["n_correct_before"], str(phase))
        lib.expect(lib.run("regrade", out, "-t", changed, "-v"), 0, "right -> wrong")
        lib.check(lib.tree(out) == before, "regrade changed the run")


def agent_calls(out):
    phases = lib.load(out, "ledger.json").values()
    return sum(phase["executor"]["calls"] for phase in phases if "executor" in phase)


def test_reuse_of_calls():
    with lib.folder() as top:
        calls, scores = [], []
        for reuse in ("true", "false"):
            out = os.path.join(top, reuse)
            lib.expect(lib.run(*lib.QUICKSTART, *REHEARSAL, "--out", out, "--set",
                               "agent_temperature=0.0", "cycle.reuse_calls=" + reuse), 0)
            calls.append(agent_calls(out))
            scores.append(lib.load(out, "val_scores.json"))
        lib.check(0 < calls[0] < calls[1], "calls: %s" % calls)
        lib.check(scores[0] == scores[1], "what is reused changed the scores")


def test_overlap():
    """What runs beside learning comes to the same as one after the other."""
    with lib.folder() as top:
        trees = []
        for overlap, jobs in (("true", "64"), ("true", "1"), ("false", "64")):
            out = os.path.join(top, overlap + jobs)
            lib.expect(lib.run(*lib.QUICKSTART, *REHEARSAL, "--out", out, "-j", jobs, "--set",
                               "cycle.overlap=" + overlap), 0)
            trees.append(lib.tree(out))
            trees[-1], _ = settled(trees[-1])
            del trees[-1]["config.yaml"], trees[-1]["ledger.json"]
        lib.check(trees[0] == trees[1], "concurrency changed the run")
        lib.check(len(trees[2]) > 20 and trees[0] == trees[2], "differs: %s" % [
            name for name in trees[0] if trees[0][name] != trees[2].get(name)])


def settled(files):
    """Without what went ahead in vain."""
    lines = files["journal.jsonl"].split(b"\n")
    vain = [line for line in lines if b"\"k\": \"ahead" in line]
    return dict(files, **{"journal.jsonl": b"\n".join(sorted(set(lines) - set(vain)))}), vain


def test_wrong_guesses():
    """What begins because a method expects it, and comes otherwise, changes nothing else."""
    with lib.folder() as top:
        sums, units = build.variant(top, "sums", SUMS), build.own(top, "units")
        trees = {}
        for overlap, jobs in (("true", "64"), ("true", "1"), ("false", "64")):
            out = os.path.join(top, overlap + jobs)
            args = ["-t", sums, "-m", units, *REHEARSAL, "--out", out, "-j", jobs, "--set",
                    "cycle.overlap=" + overlap, "cycle.update_every=6", "cycle.epochs=2"]
            lib.expect(lib.run(*args), 0)
            trees[overlap + jobs] = lib.untimed(lib.tree(out))
            before = lib.untimed(lib.tree(out))
            lib.expect(lib.run("--resume", "--out", out), 0)
            lib.check(lib.untimed(lib.tree(out)) == before, "a resume ran something again")
        for tree in trees.values():
            del tree["config.yaml"]
        lib.check(trees["true64"] == trees["true1"], "concurrency changed the run")
        ahead, vain = settled(trees["true64"])
        plain, none = settled(trees["false64"])
        places = {line.split(b'"')[3].rsplit(b"/", 2 if b"/c" in line.split(b'"')[3] else 1)[0]
                  for line in vain}
        # The third and the sixth update of eight; the next unit has six samples, and two.
        lib.check(places == {b"ahead/epoch_0/update_2/epoch_0/dev",
                             b"ahead/epoch_1/update_1/epoch_1/dev"}, str(places))
        lib.check(not none, "went ahead without overlap")
        del ahead["ledger.json"], plain["ledger.json"]
        lib.check(ahead == plain, "differ: %s" % [n for n in plain if plain[n] != ahead.get(n)])


build.need("cc")
lib.main(test_overlap, test_wrong_guesses, test_reuse_of_calls, test_units, test_no_tests_where_the_task_has_none, test_empty_split, test_not_available,
         test_regrade_with_a_changed_grader)
