"""WebShop through the whole program: the catalogue in the box, other people's files, large files that
are imported once."""
import json
import os
import subprocess
import sys

import lib

TASK = ["-t", "agentbench.so:webshop"]
MAKE = os.path.join(lib.ROOT, "plugins", "tasks", "agentbench", "data", "make_webshop.py")
LEARNERS = ("grasp", "memory", "batch_memory", "expel", "evo_memory", "skillx")
LARGE = 50 << 20


def scores(out):
    """Sample -> score, as the journal has it."""
    return {row["rollout"]["sample_id"]: row["rollout"]["score"]
            for row in lib.lines(os.path.join(out, "journal.jsonl")) if row.get("t") == "episode"}


def evaluate(out, *args, code=0):
    result = lib.run("eval", *TASK, "-m", "none.so", "-a", "rehearsal", "-s", "val", "-o", out, *args)
    lib.expect(result, code)
    return result


def catalogue(folder, *args):
    os.makedirs(folder, exist_ok=True)
    subprocess.run([sys.executable, MAKE, *args, folder], check=True)


def test_same_at_any_concurrency():
    with lib.folder() as top:
        outs = []
        for jobs in ("1", "16"):
            outs.append(os.path.join(top, jobs))
            lib.expect(lib.run(*TASK, "-m", "grasp.so", "-a", "rehearsal", "-o", outs[-1], "-j", jobs,
                               "--set", "cycle.epochs=1", "cycle.update_every=25"), 0)
        differing = lib.same(*outs, ignore=("config.yaml",))
        lib.check(not differing, "differ: %s" % differing)


def test_methods_learn():
    with lib.folder() as top:
        for method in LEARNERS:
            out = os.path.join(top, method)
            lib.expect(lib.run(*TASK, "-m", method + ".so", "-a", "rehearsal", "-o", out,
                               "--set", "cycle.epochs=2"), 0)
            rows = [row["rollout"] for row in lib.lines(os.path.join(out, "journal.jsonl"))
                    if row.get("t") == "episode"]
            tests = [row["correct"] for row in rows if int(row["sample_id"]) % 4 == 3]
            before, after = tests[:50], tests[-50:]
            lib.check(sum(after) > sum(before), "%s: %d, then %d" % (method, sum(before), sum(after)))


def test_the_box_is_what_the_generator_makes():
    with lib.folder() as top:
        catalogue(top, "--prefix", "webshop_")
        for name in os.listdir(top):
            with open(os.path.join(top, name), "rb") as made, \
                    open(os.path.join(os.path.dirname(MAKE), name), "rb") as kept:
                lib.check(made.read() == kept.read(), name + " is not what make_webshop.py writes")


def test_files_of_a_user():
    """The same catalogue from a folder gives the same scores, and nothing is written there."""
    with lib.folder() as top:
        data = os.path.join(top, "WebShop", "data")
        catalogue(data)
        before = lib.tree(os.path.join(top, "WebShop"))
        evaluate(os.path.join(top, "box"))
        evaluate(os.path.join(top, "own"), "--set", "task.data=" + os.path.join(top, "WebShop"))
        lib.check(scores(os.path.join(top, "box")) == scores(os.path.join(top, "own")), "scores differ")
        lib.check(lib.tree(os.path.join(top, "WebShop")) == before, "the user's folder has changed")


def test_large_files():
    """Imported once; a store that is damaged or of other files is made again."""
    with lib.folder() as top:
        data, store = os.path.join(top, "data"), os.path.join(top, "store")
        catalogue(data)
        with open(os.path.join(data, "items_shuffle.json"), "a", encoding="utf-8") as f:
            f.write(" " * LARGE)
        where = ["--set", "task.data=" + data, "task.store=" + store]
        evaluate(os.path.join(top, "box"))
        want = scores(os.path.join(top, "box"))
        for turn in ("import", "open", "damaged", "cut"):
            evaluate(os.path.join(top, turn), *where)
            lib.check(scores(os.path.join(top, turn)) == want, turn + ": scores differ")
            inner = os.path.join(store, os.listdir(store)[0])
            lib.check(sorted(os.listdir(inner)) == ["products.db", "products.idx"], str(os.listdir(inner)))
            if turn == "open":
                with open(os.path.join(inner, "products.db"), "r+b") as f:
                    f.write(b"this is no database at all")
            elif turn == "damaged":
                os.truncate(os.path.join(inner, "products.idx"), 100)


def test_reference():
    """Its window on long conversations hides the first pages; a rehearsal shops on."""
    with lib.folder() as top:
        text = evaluate(os.path.join(top, "default")).stdout
        lib.check("%" in text, "no score: " + text)
        evaluate(os.path.join(top, "reference"), "--set", "compat=reference")
        lib.check(scores(os.path.join(top, "default")) == scores(os.path.join(top, "reference")),
                  "scores differ")


def test_bad_data():
    with lib.folder() as top:
        out = os.path.join(top, "out")
        result = evaluate(out, "--set", "task.data=" + top, code=78)
        lib.check("items_shuffle.json" in result.stderr + result.stdout, result.stderr)
        catalogue(os.path.join(top, "data"))
        with open(os.path.join(top, "data", "items_human_ins.json"), "w", encoding="utf-8") as f:
            json.dump({}, f)
        result = evaluate(out, "--set", "task.data=" + top, code=78)
        lib.check("no instruction belongs to" in result.stderr + result.stdout, result.stderr)


def main():
    lib.main(test_same_at_any_concurrency, test_methods_learn, test_the_box_is_what_the_generator_makes,
             test_files_of_a_user, test_large_files, test_reference, test_bad_data)


if __name__ == "__main__":
    main()
