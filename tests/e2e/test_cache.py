"""--cache: what one run has asked at temperature 0, another does not ask again, and comes to the same."""
import os
import re
import sqlite3
import subprocess

import build
import lib

GREEDY = ["--set", "agent_temperature=0.0", "--agent", "local", "--quiet"]
LEARN = [*lib.QUICKSTART, *GREEDY]


def timing(out):
    return lib.load(out, "ledger.json")["timing"]


def sent(out):
    return sum(row["sent"] for name, phase in timing(out).items() if isinstance(phase, dict)
               and name != "cache" for row in phase.values())


def test_shared_between_runs():
    with lib.folder() as top, lib.rehearsal() as url:
        env, cache = lib.endpoint(url), os.path.join(top, "cache")
        a, b, c, d = (os.path.join(top, name) for name in "abcd")
        lib.expect(lib.run(*LEARN, "-o", a, env=env), 0)
        before = lib.requests_served(url)
        lib.expect(lib.run(*LEARN, "-o", b, "--cache", cache, env=env), 0)
        first = lib.requests_served(url) - before
        lib.check(first == sent(b) == before, "%d calls, not %d" % (first, before))
        lib.check(timing(b)["cache"]["calls"] == 0, "a run was answered by itself")
        lib.expect(lib.run(*LEARN, "-o", c, "--cache", cache, "-j", "3", env=env), 0)
        hits = timing(c)["cache"]["calls"]
        rest = lib.requests_served(url) - before - first
        lib.check(rest == sent(c) and hits + rest == first, "%d hits, %d sent" % (hits, rest))
        lib.check(hits > first * 0.9, "only %d of %d were found" % (hits, first))
        for out in (b, c):
            different = lib.same(a, out, ignore=("config.yaml",))
            lib.check(not different, "%s differs: %s" % (out, different))
        lib.expect(lib.run(*LEARN, "-o", d, "--cache", cache, "--max-calls", str(rest), env=env), 0)


def test_not_for_draws():
    """Above temperature 0 nothing is stored and nothing is found."""
    with lib.folder() as top, lib.rehearsal() as url:
        env, cache = lib.endpoint(url), os.path.join(top, "cache")
        warm = [*lib.QUICKSTART, "--set", "agent_temperature=0.7", "--agent", "local", "--quiet"]
        for name in "ab":
            lib.expect(lib.run(*warm, "-o", os.path.join(top, name), "--cache", cache, env=env), 0)
        with sqlite3.connect(os.path.join(cache, "replies.sqlite")) as db:
            stored = db.execute("SELECT count(*) FROM replies").fetchone()[0]
        ledger = lib.load(top, "b", "ledger.json")
        executor = [phase["executor"]["calls"] for name, phase in ledger.items()
                    if name != "timing" and "executor" in phase]
        hits = ledger["timing"]["cache"]["calls"]
        lib.check(hits <= stored < sum(executor) / 2, "%d hits, %d stored" % (hits, stored))


# Each batch: three rollouts of two samples, and three times the same question to the writer.
DRAWS = """(void)self, (void)files;
    grasp_str out, ask = grasp_cstr("{\\"messages\\": [{\\"role\\": \\"user\\", \\"content\\":"
        " \\"Add the numbers a and b of {\\\\\\"a\\\\\\": 7, \\\\\\"b\\\\\\": 2}\\"}], \\"temperature\\": 0}");
    grasp_trial trial = {sizeof(trial), 3, {NULL, 0}, grasp_cstr("[\\"sum_0\\", \\"sum_1\\"]")};
    const grasp_trial *trials[] = {&trial};
    if (lab->rollouts(call, trials, 1, &out) ||
        lab->complete(call, grasp_format(call, "[%s, %s, %s]", ask.ptr, ask.ptr, ask.ptr), &out))
        return GRASP_E_CANCELLED;"""


def test_not_for_repeats():
    """At temperature 0 the repeats of a sample are asked for, and equal requests of one batch."""
    with lib.folder() as top:
        sums = build.plugin(top, "sums", build.readme()["sums.c"])
        draws = build.variant(top, "draws", "notes.c",
                              ("(void)self, (void)lab, (void)files;", DRAWS))
        args = ["-t", sums, "-m", draws, "-a", "rehearsal", "--cache", os.path.join(top, "cache")]
        a, b = os.path.join(top, "a"), os.path.join(top, "b")
        for out in (a, b):
            lib.expect(lib.run(*args, "--out", out), 0)
        with open(os.path.join(a, "journal.jsonl"), encoding="utf-8") as f:
            text = f.read()
        repeats = len(re.findall(r'"k": "[^"]*/r[12]/c0"', text))
        again = len(re.findall(r'"k": "[^"]*/w\d+/[12]"', text))
        lib.check(repeats == 2 * again > 0, "%d repeats, %d equal requests" % (repeats, again))
        lib.check(sent(b) == repeats + again, "%d sent, not %d" % (sent(b), repeats + again))
        different = lib.same(a, b)
        lib.check(not different, "differ: %s" % different)


def test_several_processes():
    with lib.folder() as top, lib.rehearsal() as url:
        env, cache = lib.endpoint(url), os.path.join(top, "cache")
        outs = [os.path.join(top, "run%d" % n) for n in range(5)]
        running = [subprocess.Popen([lib.HOST, *LEARN, "-o", out, "--cache", cache], env=env,
                                    stderr=subprocess.PIPE, text=True) for out in outs]
        for process in running:
            _, err = process.communicate(timeout=600)
            lib.check(process.returncode == 0 and "cache" not in err, err)
        for out in outs[1:]:
            different = lib.same(outs[0], out, ignore=("config.yaml",))
            lib.check(not different, "differ: %s" % different)


def test_resume_counts_what_was_paid():
    """After a stop, what the cache gave does not count against the budget."""
    with lib.folder() as top, lib.rehearsal() as url:
        env, cache = lib.endpoint(url), os.path.join(top, "cache")
        evaluate = ["eval", "-t", "quickstart.so", *GREEDY, "-s", "val"]
        lib.expect(lib.run(*evaluate, "-o", os.path.join(top, "a"), "--cache", cache, env=env), 0)
        out = os.path.join(top, "b")
        result = lib.run(*LEARN, "-o", out, "--cache", cache, "--max-calls", "30", env=env)
        lib.expect(result, 4, "30 of 30 calls")
        hits = timing(out)["cache"]["calls"]
        lib.check(hits > 0, "nothing came from the cache")
        before = lib.requests_served(url)
        lib.expect(lib.run("--resume", "-o", out, "--cache", cache, "--max-calls", "40", env=env), 4)
        more = lib.requests_served(url) - before
        lib.check(more == 10, "%d more calls, not 10" % more)


def refused(top, name, write, *needles):
    cache, out = os.path.join(top, name), os.path.join(top, name + "-run")
    os.mkdir(cache)
    write(os.path.join(cache, "replies.sqlite"))
    result = lib.run(*LEARN, "-o", out, "--cache", cache, env=lib.endpoint("http://127.0.0.1:9/v1"))
    lib.expect(result, 78, "replies.sqlite", *needles)
    lib.check(not os.path.exists(out), "a run directory was made")


def test_damaged_and_foreign():
    def garbage(path):
        with open(path, "wb") as f:
            f.write(b"not a database at all\n" * 1000)

    def foreign(path):
        with sqlite3.connect(path) as db:
            db.execute("CREATE TABLE theirs (x)")

    def newer(path):
        with sqlite3.connect(path) as db:
            db.execute("PRAGMA application_id = %d" % 0x47525043)
            db.execute("PRAGMA user_version = 99")

    with lib.folder() as top:
        refused(top, "garbage", garbage, "damaged")
        refused(top, "foreign", foreign, "not a cache of this version")
        refused(top, "newer", newer, "not a cache of this version")
        refused(top, "folder", os.mkdir, "cannot open")


def test_damage_while_it_runs():
    """Pages that turn out to be garbage are one warning; the run goes on without the cache."""
    with lib.folder() as top, lib.rehearsal() as url:
        env, cache = lib.endpoint(url), os.path.join(top, "cache")
        a, b = os.path.join(top, "a"), os.path.join(top, "b")
        lib.expect(lib.run(*LEARN, "-o", a, "--cache", cache, env=env), 0)
        path = os.path.join(cache, "replies.sqlite")
        with open(path, "r+b") as f:
            f.seek(4096)
            f.write(b"\xff" * (os.path.getsize(path) - 4096))
        result = lib.run(*LEARN, "-o", b, "--cache", cache, env=env)
        lib.expect(result, 0, "goes on without the cache")
        lib.check(result.stderr.count("without the cache") == 1, result.stderr)
        different = lib.same(a, b, ignore=("config.yaml",))
        lib.check(not different, "differ: %s" % different)


build.need("cc")
lib.main(test_shared_between_runs, test_not_for_draws, test_not_for_repeats, test_several_processes,
         test_resume_counts_what_was_paid, test_damaged_and_foreign, test_damage_while_it_runs)
