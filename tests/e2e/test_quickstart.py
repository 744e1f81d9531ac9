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


def duel_rollouts(out):
    return [rollout for epoch in range(2)
            for event in lib.load(out, "epoch_%d" % epoch, "skill_updates.json")
            for bout in event.get("duels", []) for rollout in bout["rollouts"]]


def test_duels():
    """Repeats are nudged at temperature 0 and nowhere else; concurrency changes nothing."""
    with lib.folder() as top:
        for temperature in ("0.0", "0.5"):
            outs = [os.path.join(top, temperature + jobs) for jobs in ("1", "8")]
            for jobs, out in zip(("1", "8"), outs):
                lib.expect(lib.run(*lib.QUICKSTART, "-a", "rehearsal", "-o", out, "-j", jobs, "--set",
                                   "cycle.epochs=2", "agent_temperature=" + temperature), 0)
            different = set(lib.same(*outs)) - {"config.yaml"}  # it says how many ran at once
            lib.check(not different, "differ: %s" % different)
            rollouts = duel_rollouts(outs[0])
            roles = {rollout["role"] for rollout in rollouts}
            lib.check({"screen", "recheck", "duel", "safety"} <= roles, roles)
            for rollout in rollouts:
                lib.check(rollout.get("nudged", False) ==
                          (temperature == "0.0" and rollout["draw"] > 0), rollout)


def test_settled():
    with lib.folder() as top:
        out = os.path.join(top, "run")
        lib.expect(lib.run(*lib.QUICKSTART, "-a", "rehearsal", "-o", out, "--set", "cycle.epochs=2",
                           "method.gate_repeats=settled"), 0)
        roles = {rollout["role"] for rollout in duel_rollouts(out)}
        lib.check(roles and roles <= {"screen", "safety"}, roles)


# Noise makes an edit that helps break something here.
REVISES = ["agent_temperature=0.5", "rehearsal_noise=0.25", "cycle.seed=24", "cycle.epochs=2",
           "cycle.grpo_k=2", "method.gate_alpha=0.5", "method.gate_break_weight=100",
           "method.gate_looks=6", "method.gate_max_rollouts=400"]


def revised(out):
    """The updates with a revision."""
    return [update for epoch in range(2)
            for update in lib.load(out, "epoch_%d" % epoch, "skill_updates.json")
            if any(edit.get("contrastive_revision") for edit in update["grpo"])]


def test_revision():
    """An edit that was proven but breaks too much is asked for again, and judged anew."""
    with lib.folder() as top:
        for on in (True, False):
            out = os.path.join(top, str(on))
            lib.expect(lib.run(*lib.QUICKSTART, "-a", "rehearsal", "-o", out, "--set", *REVISES,
                               "method.revise_near_misses=" + str(on).lower()), 0)
            lib.check(bool(revised(out)) == on, "revised: %s" % (not on))
        (update,) = revised(os.path.join(top, "True"))
        *_, revision = update["grpo"]
        (broken,) = [edit for edit in update["grpo"] if edit["fate"] == "breaks too much"]
        lib.check(revision["fate"] == "accepted", revision["verdict"])
        lib.check(update["applied"] == [revision["proposal"]], "applied: %s" % update["applied"])
        for key in ("action", "name"):
            lib.check(broken["proposal"][key] == revision["proposal"][key], "it is another edit")
        first, second = update["duels"]
        lib.check(second["threshold"] >= first["threshold"], "evidence counts twice")
        lib.check({rollout["side"] for rollout in second["rollouts"]} == {"library", 2}, "sides")


def test_noise():
    """Turns verdicts round, the same ones again with the same seed; only of the rehearsal."""
    with lib.folder() as top:
        scores = {}
        for name, noise in (("a", "0.2"), ("b", "0.2"), ("c", "0")):
            out = os.path.join(top, name)
            lib.expect(lib.run("-t", "quickstart.so", "-m", "none.so", "-a", "rehearsal", "-o", out,
                               "--set", "agent_temperature=0.5", "rehearsal_noise=" + noise), 0)
            with open(os.path.join(out, "baseline", "val_runs.jsonl"), encoding="utf-8") as f:
                scores[name] = f.read()
        lib.check(scores["a"] == scores["b"], "another noise with the same seed")
        lib.check(scores["a"] != scores["c"], "no noise")
        result = lib.run("-t", "quickstart.so", "-m", "none.so", "-a", "local", "-o",
                         os.path.join(top, "d"), "--set", "rehearsal_noise=0.2",
                         env=lib.endpoint("http://127.0.0.1:9/v1"))
        lib.expect(result, 78, "rehearsal_noise", "--agent rehearsal")
        lib.expect(lib.run("-t", "quickstart.so", "-m", "none.so", "-a", "rehearsal", "-o",
                           os.path.join(top, "e"), "--set", "rehearsal_noise=2"), 78, "0.25")


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


lib.main(test_learns, test_duels, test_settled, test_revision, test_noise, test_baseline_only,
         test_eval_and_regrade, test_same_run_again_is_the_same)
