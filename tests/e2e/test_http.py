"""Through a real HTTP connection, at any concurrency, the results are those of the model in process."""
import os

import lib

# What names the agent, and the requests' fingerprints, which hold the model's name.
NAMES_THE_AGENT = ("config.yaml", "run.json", "journal.jsonl")


def test_identical_to_in_process():
    with lib.folder() as top, lib.rehearsal() as url:
        expected = os.path.join(top, "expected")
        lib.expect(lib.run(*lib.QUICKSTART, "--agent", "rehearsal", "--out", expected), 0)
        for jobs in ("1", "8", "500"):
            out = os.path.join(top, "j" + jobs)
            lib.expect(lib.run(*lib.QUICKSTART, "--agent", "local", "--out", out, "-j", jobs,
                               env=lib.endpoint(url)), 0)
            different = lib.same(expected, out, ignore=NAMES_THE_AGENT)
            lib.check(not different, "at %s in flight these differ: %s" % (jobs, different))


def test_defaults_too():
    with lib.folder() as top, lib.rehearsal() as url:
        pair = ["--task", "quickstart.so", "--method", "grasp.so"]
        a, b = os.path.join(top, "a"), os.path.join(top, "b")
        lib.expect(lib.run(*pair, "--agent", "rehearsal", "--out", a), 0)
        lib.expect(lib.run(*pair, "--agent", "local", "--out", b, env=lib.endpoint(url)), 0)
        different = lib.same(a, b, ignore=NAMES_THE_AGENT)
        lib.check(not different, "differ: %s" % different)


lib.main(test_identical_to_in_process, test_defaults_too)
