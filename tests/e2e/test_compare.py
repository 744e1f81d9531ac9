"""compare and power: real runs of the quickstart, hand-made runs with known answers, counts only."""
import itertools
import json
import math
import os
import random

import lib

RESULTS = os.path.join(lib.ROOT, "results")


def compare(*args, code=0):
    result = lib.run("compare", *args, "--json")
    lib.expect(result, code)
    return json.loads(result.stdout)


def near(a, b, what, by=1e-9):
    lib.check(abs(a - b) <= by, "%s: %r, not %r" % (what, a, b))


def write_run(path, seed, right, split="id_test", task="toy", missing=()):
    """A run directory with one test: right is a list of bool."""
    base = os.path.join(path, split + "_eval_best")
    os.makedirs(base)
    with open(os.path.join(path, "run.json"), "w", encoding="utf-8") as f:
        json.dump({"schema": "grasp-host/run", "v": 1, "complete": True, "seed": seed,
                   "task": {"id": task}, "method": {"id": "m"}, "model": "toy"}, f)
    with open(os.path.join(path, "ledger.json"), "w", encoding="utf-8") as f:
        json.dump({"dev": {"executor": {"calls": 10 * seed, "prompt_tokens": 100,
                                        "completion_tokens": 7}},
                   "learn": {"writer": {"calls": 1, "prompt_tokens": 50, "completion_tokens": 3}}}, f)
    with open(os.path.join(base, "test_runs.jsonl"), "w", encoding="utf-8") as f:
        for i, value in enumerate(right):
            row = {"sample_id": "s%d" % i, "is_correct": None if i in missing else value,
                   "status": "completed"}
            f.write(json.dumps(row) + "\n")


def mcnemar(b, c):
    n = b + c
    return min(1, 2 * sum(math.comb(n, k) for k in range(min(b, c) + 1)) / 2 ** n)


def test_one_run_a_side():
    rng = random.Random(5)
    a = [rng.random() < 0.5 for _ in range(64)]
    b = [x or rng.random() < 0.4 if rng.random() < 0.8 else not x for x in a]
    only_a = sum(x and not y for x, y in zip(a, b))
    only_b = sum(y and not x for x, y in zip(a, b))
    with lib.folder() as top:
        write_run(top + "/a", 1, a)
        write_run(top + "/b", 1, b)
        out = compare("plain=" + top + "/a", "new=" + top + "/b")
        item = out["comparisons"][0]
        lib.check(item["kind"] == "paired" and item["samples"] == 64, str(item))
        near(item["difference"], (sum(b) - sum(a)) / 64, "difference")
        near(item["p"], mcnemar(only_a, only_b), "p")
        lib.check(item["discordant"]["only_a"] == only_a and item["discordant"]["only_b"] == only_b,
                  str(item["discordant"]))
        low, high = (item["intervals"][0][k] for k in ("low", "high"))
        sd = math.sqrt((only_a + only_b) / 64 - item["difference"] ** 2)
        near(low, item["difference"] - 2 * sd / 8, "low end", 0.02)
        near(high, item["difference"] + 2 * sd / 8, "high end", 0.02)
        lib.check([s["label"] for s in out["sides"]] == ["plain", "new"], "labels")
        near(out["sides"][0]["calls"], 11, "calls")
        near(out["sides"][0]["prompt_tokens"], 150, "tokens")
        lib.check(out == compare("plain=" + top + "/a", "new=" + top + "/b"), "not reproducible")
        text = lib.run("compare", top + "/a", top + "/b")
        lib.expect(text, 0, "McNemar, exact", "smallest difference found with 80 % power")


def test_seeds_and_holm():
    rng = random.Random(7)
    base = [[rng.random() < 0.5 for _ in range(40)] for _ in range(3)]
    better = [[x or rng.random() < 0.1 * (s + 2) for x in run] for s, run in enumerate(base)]
    with lib.folder() as top:
        for s in range(3):
            write_run("%s/a/run_%d" % (top, s), s + 1, base[s])
            write_run("%s/b/run_%d" % (top, 2 - s), s + 1, better[s])  # by seed, not by name
            write_run("%s/c/run_%d" % (top, s), s + 1, base[s])
        out = compare(top + "/a", top + "/b", top + "/c")
        item, same = out["comparisons"]
        d = [(sum(y) - sum(x)) / 40 for x, y in zip(base, better)]
        mean = sum(d) / 3
        sd = math.sqrt(sum((x - mean) ** 2 for x in d) / 2)
        near(item["difference"], mean, "difference")
        over_seeds = next(i for i in item["intervals"] if i["of"].startswith("seeds"))
        near(over_seeds["high"] - mean, 4.302652729749 * sd / math.sqrt(3), "t interval", 1e-8)
        near([r["difference"] for r in item["by_run"]][0], d[0], "by seed")
        near(same["p"], 1, "no difference")
        near(item["p_holm"], min(1, 2 * item["p"]), "Holm")
        near(out["sides"][0]["calls"], 21, "mean calls")


def test_unequal_rows():
    right = [True, False] * 10
    with lib.folder() as top:
        write_run(top + "/a", 1, right)
        write_run(top + "/b", 1, right[:16], missing=(3, 5))
        item = compare(top + "/a", top + "/b")["comparisons"][0]
        lib.check(item["samples"] == 14, "%d samples" % item["samples"])
        lib.check(any("left out of the pairs" in n for n in item["notes"]), str(item["notes"]))
        write_run(top + "/c", 2, right)
        write_run(top + "/d", 3, right)
        write_run(top + "/e", 4, right)
        out = lib.run("compare", "%s/a,%s/c" % (top, top), "%s/d,%s/e" % (top, top))
        lib.expect(out, 0, "paired in the order of their names")
        out = lib.run("compare", "%s/a,%s/c,%s/b" % (top, top, top), "%s/d,%s/e" % (top, top))
        lib.expect(out, 0, "cannot be paired", "unpaired")


def test_damaged_rows():
    with lib.folder() as top:
        write_run(top + "/a", 1, [True] * 12)
        write_run(top + "/b", 1, [False] * 12)
        path = top + "/b/id_test_eval_best/test_runs.jsonl"
        with open(path, encoding="utf-8") as f:
            rows = f.read().splitlines()
        rows[2], rows[4], rows[6] = rows[2][:20], rows[3], '{"sample_id": "s6", "is_correct": "yes"}'
        with open(path, "w", encoding="utf-8") as f:
            f.write("\n".join(rows) + "\n")
        result = lib.run("compare", top + "/a", top + "/b")
        lib.expect(result, 3, "test_runs.jsonl:3: is no JSON", "test_runs.jsonl:5: sample s3 is there "
                   "twice", "test_runs.jsonl:7: has no sample_id with an is_correct", "9 samples",
                   "Some files are damaged")


def test_counts_only():
    one, two = ("released:gpt-oss-120b/MedAgentBench/%s" % m for m in ("expel_cycle", "skill_cycle"))
    out = compare(one, two)
    item = out["comparisons"][0]
    lib.check(item["kind"] == "unpaired", item["kind"])
    near(item["difference"], 0.8875 - 0.490625, "difference")
    lib.check(any("only counts are known" in n for n in item["notes"]), str(item["notes"]))
    before = compare(two)["comparisons"][0]
    lib.check(before["kind"] == "paired by run", before["kind"])
    near(before["difference"], 0.8875 - 0.3875, "against its own baseline")
    with lib.folder() as top:
        for name, correct in (("a", 26), ("b", 57)):
            os.makedirs("%s/%s" % (top, name))
            with open("%s/%s/test_scores.json" % (top, name), "w", encoding="utf-8") as f:
                json.dump({"id_test_eval_best": {"split": "id_test", "score": correct / 64,
                                                 "n_correct": correct, "n_total": 64}}, f)
        item = compare(top + "/a", top + "/b")["comparisons"][0]
        lib.check(item["intervals"][0]["of"] == "samples (Newcombe)", str(item["intervals"]))
        lib.check(item["p_of"] == "Fisher, exact" and item["p"] < 1e-8, str(item))


def write_counts(folder, *counts):
    for i, correct in enumerate(counts):
        os.makedirs("%s/%d" % (folder, i))
        with open("%s/%d/test_scores.json" % (folder, i), "w", encoding="utf-8") as f:
            json.dump({"id_test_eval_best": {"split": "id_test", "score": correct / 100,
                                             "n_correct": correct, "n_total": 100}}, f)


def test_runs_of_counts():
    with lib.folder() as top:
        write_counts(top + "/a", 40, 45)
        write_counts(top + "/b", 90, 80, 85, 70, 95)
        write_counts(top + "/c", 40, 42, 39)
        write_counts(top + "/d", 90, 81, 89)
        for one, two, name, low, high in (
                # tests/unit/stats_cases.json: the same values
                ("a", "b", "Scheffe's t", -0.3044605922, 1.1344605922),
                ("c", "d", "Welch's t, calibrated", 0.3234555907, 0.6032110760)):
            item = compare("%s/%s" % (top, one), "%s/%s" % (top, two))["comparisons"][0]
            got = item["intervals"][0]
            lib.check(got["of"] == "runs (%s)" % name, got["of"])
            near(got["low"], low, name, 1e-9)
            near(got["high"], high, name, 1e-9)
            lib.check((item["p"] < 0.05) == (low > 0), "p %g" % item["p"])
            lib.check(any("far below" in n for n in item["notes"]) == name.startswith("Welch"),
                      str(item["notes"]))
            back = compare("%s/%s" % (top, two), "%s/%s" % (top, one))["comparisons"][0]
            near(back["intervals"][0]["low"], -high, "turned round", 1e-9)
            near(back["p"], item["p"], "turned round")


def test_real_runs():
    with lib.folder() as top:
        for seed, method in itertools.product("12", ("grasp", "none")):
            lib.expect(lib.run("--task", "quickstart.so", "--method", method + ".so", "--agent",
                               "rehearsal", "--set", "cycle.seed=" + seed, "cycle.epochs=1",
                               "--quiet", "--out", os.path.join(top, method, seed)), 0)
        result = lib.run("compare", "none=%s/none" % top, "grasp=%s/grasp" % top)
        lib.expect(result, 0, "paired", "rehearsal model", "seed 1", "seed 2")
        out = compare("%s/grasp/1" % top, "--split", "val")
        curve = lib.load(top, "grasp", "1", "val_scores.json")
        near(out["comparisons"][0]["difference"],
             max(r["score"] for r in curve) - curve[0]["score"], "val, before and after")
        lib.expect(lib.run("eval", "-t", "quickstart.so", "-a", "rehearsal", "-s", "test", "-o",
                           top + "/plain", "-q"), 0)
        item = compare(top + "/plain", top + "/grasp/1", "--split", "test")["comparisons"][0]
        lib.check(item["kind"] == "paired" and item["samples"] > 0, str(item))


def test_usage():
    with lib.folder() as top:
        write_run(top + "/a", 1, [True, False])
        write_run(top + "/b", 1, [True, False], task="other")
        write_run(top + "/c", 1, [True, False], split="test")
        for args, needle in (([], "compare needs"), ([top], "before learning"),
                             ([top + "/none", top + "/a"], "no run directory"),
                             ([top + "/a", top + "/b"], "task 'other'"),
                             ([top + "/a", top + "/c"], "of split id_test"),
                             ([top + "/a", top + "/a", "--split", "dev"], "id_test, test, val"),
                             ([top + "/a", "released:x/y/z"], "MODEL/BENCHMARK/METHOD"),
                             ([top + "/a", top + "/a", "--draws", "5"], "--draws")):
            result = lib.run("compare", *args)
            if needle == "before learning":
                lib.check(result.returncode == 2, result.stderr)
            else:
                lib.expect(result, 2, needle)


def test_power():
    rows = json.loads(lib.run("power", "--difference", "10", "--flips", "21", "--json").stdout)["rows"]
    lib.check(rows[0]["samples"] == 176 and rows[0]["rollouts"] == 352, str(rows[0]))
    lib.check(all(a["samples"] > b["samples"] for a, b in zip(rows[1:], rows[2:])), "more seeds, more")
    rows = json.loads(lib.run("power", "-d", "10", "-n", "176", "--json").stdout)["rows"]
    lib.check(0.8 <= rows[0]["power"] < 0.81 and 0.09 < rows[0]["detectable"] <= 0.1, str(rows[0]))
    lib.check(all(a["power"] < b["power"] for a, b in zip(rows[1:], rows[2:])), "power by seeds")
    harder = json.loads(lib.run("power", "-d", "10", "--comparisons", "5", "--json").stdout)["rows"]
    lib.check(harder[0]["samples"] > 200, str(harder[0]))
    lib.expect(lib.run("power", "-d", "1", "--seed-sd", "8"), 0, "takes more seeds", "blind to what")
    for args, needle in (([], "--difference"), (["-d", "x"], "percent"), (["-d", "200"], "percent"),
                         (["-d", "5", "--alpha", "100"], "below 100"), (["-d", "5", "x"], "argument")):
        lib.expect(lib.run("power", *args), 2, needle)


lib.main(test_one_run_a_side, test_seeds_and_holm, test_unequal_rows, test_damaged_rows,
         test_counts_only, test_runs_of_counts, test_real_runs, test_usage, test_power)
