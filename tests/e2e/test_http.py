"""Through a real HTTP connection, at any concurrency, the results are those of the model in process."""
import json
import os

import lib

def config(data):
    rows = data.decode().splitlines()
    return [row for row in rows if not row.startswith(("agent_preset:", "concurrency:"))]


def state(data):
    return {key: value for key, value in json.loads(data).items() if key != "model"}


def journal(data):
    return [{key: value for key, value in json.loads(row).items() if key != "h"}
            for row in data.splitlines()]


# docs/run_directory.md: what names the agent; h is a fingerprint that covers the model's name.
WITHOUT_THE_AGENT = {"config.yaml": config, "run.json": state, "journal.jsonl": journal}


def compare(a, b):
    different = lib.same(a, b, ignore=WITHOUT_THE_AGENT)
    left, right = lib.tree(a), lib.tree(b)
    different += [name for name, only in WITHOUT_THE_AGENT.items()
                  if only(left[name]) != only(right[name])]
    lib.check(not different, "%s and %s differ in %s" % (a, b, different))


def test_identical_to_in_process():
    with lib.folder() as top, lib.rehearsal() as url:
        expected = os.path.join(top, "expected")
        lib.expect(lib.run(*lib.QUICKSTART, "--agent", "rehearsal", "--out", expected), 0)
        for jobs in ("1", "8", "500"):
            out = os.path.join(top, "j" + jobs)
            lib.expect(lib.run(*lib.QUICKSTART, "--agent", "local", "--out", out, "-j", jobs,
                               env=lib.endpoint(url)), 0)
            compare(expected, out)


def test_defaults_too():
    with lib.folder() as top, lib.rehearsal() as url:
        pair = ["--task", "quickstart.so", "--method", "grasp.so"]
        a, b = os.path.join(top, "a"), os.path.join(top, "b")
        lib.expect(lib.run(*pair, "--agent", "rehearsal", "--out", a), 0)
        lib.expect(lib.run(*pair, "--agent", "local", "--out", b, env=lib.endpoint(url)), 0)
        compare(a, b)


if __name__ == "__main__":
    lib.main(test_identical_to_in_process, test_defaults_too)
