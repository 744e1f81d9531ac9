"""The main job, offline: a learning curve that rises, edits kept and refused, and where they lie."""
import os

import lib


def test_learns():
    with lib.folder() as top:
        out = os.path.join(top, "run")
        result = lib.run(*lib.QUICKSTART, "--agent", "rehearsal", "--out", out)
        lib.expect(result, 0, "Learning curve", "baseline", "epoch 0", "Tests", "kept", "refused",
                   "fixed", "broken", "skills/best", "rehearsal")
        curve = lib.load(out, "val_scores.json")
        best = max(row["score"] for row in curve[1:])
        lib.check(best > curve[0]["score"], "learned nothing: %s" % curve)
        kept = []
        for epoch in range(3):
            for event in lib.load(out, "epoch_%d" % epoch, "skill_updates.json"):
                kept += event["applied"]
                for candidate in event["grpo"]:
                    content = candidate["proposal"].get("content") or ""
                    applied = candidate["proposal"] in event["applied"]
                    lib.check(not (applied and "always " in content), "kept a harmful edit")
                    lib.check(not applied or candidate["fixes"] > candidate["regressions"],
                              "kept an edit that does not help")
        lib.check(kept, "nothing was kept")
        names = os.listdir(os.path.join(out, "skills", "best"))
        lib.check(any(name.endswith(".md") for name in names), "no skill in skills/best")


def test_baseline_only():
    with lib.folder() as top:
        out = os.path.join(top, "run")
        result = lib.run("--task", "quickstart.so", "--method", "none.so", "--agent", "rehearsal",
                         "--out", out)
        lib.expect(result, 0, "baseline")
        lib.check(len(lib.load(out, "val_scores.json")) == 1, "more than a baseline")


def test_eval_and_regrade():
    with lib.folder() as top:
        out, evaluated = os.path.join(top, "run"), os.path.join(top, "eval")
        lib.expect(lib.run(*lib.QUICKSTART, "--agent", "rehearsal", "--out", out), 0)
        result = lib.run("eval", "-t", "quickstart.so", "-m", "grasp.so", "-a", "rehearsal",
                         "-k", os.path.join(out, "skills", "best"), "-s", "test", "-o", evaluated)
        lib.expect(result, 0, "test:")
        score = lib.load(evaluated, "test_score.json")
        lib.check(score["score"] == lib.load(out, "test_scores.json")["test_eval_best"]["score"],
                  "eval and run disagree about the same knowledge")
        before = lib.tree(out)
        result = lib.run("regrade", out)
        lib.expect(result, 0, "0 verdicts changed, 0 rollouts could not be graded")
        lib.check(lib.tree(out) == before, "regrade changed the run")


def test_same_run_again_is_the_same():
    with lib.folder() as top:
        a, b = os.path.join(top, "a"), os.path.join(top, "b")
        for out, jobs in ((a, "1"), (b, "64")):
            lib.expect(lib.run(*lib.QUICKSTART, "--agent", "rehearsal", "--out", out, "-j", jobs), 0)
        different = lib.same(a, b, ignore=("config.yaml",))
        lib.check(not different, "differ: %s" % different)


lib.main(test_learns, test_baseline_only, test_eval_and_regrade,
         test_same_run_again_is_the_same)
