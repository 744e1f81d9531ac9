"""ALFWorld through the whole program: learning, concurrency, a folder of games as a user has it, damaged
games, hostile agents."""
import json
import os
import subprocess

import lib

TASK = ["-t", "agentbench.so:alfworld"]
BENCHMARK = os.path.join(lib.ROOT, "benchmarks", "agentbench")
SCENES = os.path.join(lib.BUILD, "tests", "alfworld_scenes")
METHODS = ("grasp", "memory", "batch_memory", "expel", "evo_memory", "skillx")


def score(out, name="val_score.json"):
    with open(os.path.join(out, name), encoding="utf-8") as f:
        return json.load(f)


def learn(method, out, *args):
    lib.expect(lib.run("--config", os.path.join(BENCHMARK, "alfworld_%s.yaml" % method), *TASK,
                       "-m", method + ".so", "-a", "rehearsal", "-o", out,
                       "--set", "cycle.epochs=1", *args), 0)


def evaluate(out, *args, code=0, needles=()):
    lib.expect(lib.run("eval", *TASK, "-a", "rehearsal", "-o", out, *args), code,
               *needles)
    return score(out)


def write_scenes(folder):
    subprocess.run([SCENES, folder], check=True)


def test_every_method_learns():
    for method in METHODS:
        with lib.folder() as out:
            learn(method, out)
            rows = score(out, "val_scores.json")
            values = [row["score"] for row in (rows if isinstance(rows, list) else rows.values())]
            lib.check(max(values[1:]) > values[0], "%s: %s" % (method, values))


def test_same_at_any_concurrency():
    with lib.folder() as top:
        one, many = os.path.join(top, "one"), os.path.join(top, "many")
        learn("grasp", one, "--set", "cycle.batch_concurrency=1")
        learn("grasp", many, "--set", "cycle.batch_concurrency=16")
        differ = lib.same(one, many, ignore=("config.yaml",))
        lib.check(not differ, "files differ: %s" % differ)


def test_knowledge_helps():
    with lib.folder() as top:
        without = evaluate(os.path.join(top, "a"), "-m", "none.so")
        good = evaluate(os.path.join(top, "b"), "-m", "grasp.so", "--knowledge",
                        os.path.join(BENCHMARK, "knowledge", "alfworld"))
        lib.check(good["n_correct"] > 2 * without["n_correct"], "%s after %s" % (good, without))


def test_as_the_reference():
    """Without the task in a shortened conversation games are lost, and the run goes on."""
    with lib.folder() as out:
        plain = evaluate(out, "-m", "none.so", "--set", "compat=reference")
        lib.check(plain["n_total"] == 24 and plain["n_correct"] > 0, "%s" % plain)


def test_a_users_folder():
    """The games in the box, written as a user has ALFWorld's, are the same games."""
    with lib.folder() as top:
        games = os.path.join(top, "games")
        write_scenes(games)
        own = evaluate(os.path.join(top, "own"), "-m", "none.so")
        read = evaluate(os.path.join(top, "read"), "-m", "none.so", "--set", "task.data=" + games)
        lib.check((own["n_correct"], own["n_total"]) == (read["n_correct"], read["n_total"]),
                  "%s is not %s" % (read, own))
        lists = os.path.join(top, "lists")
        os.mkdir(lists)
        for name in os.listdir(games):
            if name.endswith(".json"):
                os.rename(os.path.join(games, name), os.path.join(lists, name))
        apart = evaluate(os.path.join(top, "apart"), "-m", "none.so", "--set",
                         "task.data=" + games, "--set", "task.lists=" + lists)
        lib.check(apart["n_correct"] == own["n_correct"], "%s is not %s" % (apart, own))
        # The download alone, of a later version: dev, val and test are drawn from it.
        os.rename(os.path.join(games, "json_2.1.1"), os.path.join(games, "json_2.1.3"))
        alone = [lib.run("eval", *TASK, "-m", "none.so", "-a", "rehearsal", "-s", split, "-o",
                         os.path.join(top, "alone-" + split), "--set", "task.data=" + games)
                 for split in ("dev", "val", "test")]
        total = 0
        for split, result in zip(("dev", "val", "test"), alone):
            lib.expect(result, 0)
            total += score(os.path.join(top, "alone-" + split), split + "_score.json")["n_total"]
        lib.check(total == 70, "%d games of 70" % total)
        later = evaluate(os.path.join(top, "later"), "-m", "none.so", "--set",
                         "task.data=" + games, "--set", "task.lists=" + lists)
        lib.check(later["n_correct"] == own["n_correct"], "%s is not %s" % (later, own))


def test_damaged_games():
    """Each is named once, the others are played, and the score says what is missing."""
    with lib.folder() as top:
        games = os.path.join(top, "games")
        write_scenes(games)
        with open(os.path.join(games, "standard_plus_dev.json"), encoding="utf-8") as f:
            paths = [path for group in json.load(f).values() for path in group]
        with open(os.path.join(games, "split_val.json"), encoding="utf-8") as f:
            val = [item["id"] for item in json.load(f)]
        torn, goalless, gone = (os.path.join(games, paths[val[i]]) for i in range(3))
        with open(torn, "r+", encoding="utf-8") as f:
            f.truncate(1000)
        with open(goalless, encoding="utf-8") as f:
            game = json.load(f)
        game["pddl_problem"] = game["pddl_problem"].replace("(:goal", "(:wish")
        with open(goalless, "w", encoding="utf-8") as f:
            json.dump(game, f)
        os.unlink(gone)
        result = lib.run("eval", *TASK, "-m", "none.so", "-a", "rehearsal", "-o",
                         os.path.join(top, "out"), "--set", "task.data=" + games)
        lib.expect(result, 3, "3 of 70 games cannot be played", "a problem without a goal",
                   "no such file")
        lib.expect(lib.run("eval", *TASK, "-m", "none.so", "-a", "rehearsal", "-o",
                           os.path.join(top, "none"), "--set", "task.data=" + top), 78,
                   "standard_plus_dev.json")


lib.main(test_every_method_learns, test_same_at_any_concurrency, test_knowledge_helps,
         test_as_the_reference, test_a_users_folder, test_damaged_games)
