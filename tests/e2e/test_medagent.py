"""medagent: both versions offline, and the same verdicts with the chart on a server of its own."""
import contextlib
import json
import os
import subprocess

import lib


@contextlib.contextmanager
def chart(top, *args):
    """The patients of the tasks, written by `fhir cohort` and served by `fhir serve`."""
    data = os.path.join(top, "cohort.ndjson")
    lib.expect(lib.run("fhir", "cohort", "--out", data, *args), 0)
    server = subprocess.Popen([lib.HOST, "fhir", "serve", data], env=lib.environment(),
                              stdout=subprocess.PIPE, text=True)
    try:
        line = server.stdout.readline()
        lib.check("http://" in line, "fhir serve did not start: %r" % line)
        yield next(word for word in line.split() if word.startswith("http://"))
    finally:
        server.terminate()
        server.wait(timeout=200)


def verdicts(out):
    """Sample -> correct, of all splits that the run has looked at."""
    rows = {}
    for top, _, names in os.walk(out):
        for name in names:
            if name.endswith("_runs.jsonl"):
                with open(os.path.join(top, name), encoding="utf-8") as f:
                    for line in f:
                        row = json.loads(line)
                        rows[os.path.relpath(top, out), row["sample_id"]] = row["is_correct"]
    return rows





def check_same_on_a_server(task):
    with lib.folder() as top, chart(top) as base:
        for split, size in (("dev", 96), ("val", 80), ("id_test", 64), ("test", 60)):
            scores = []
            for where, more in (("near", []), ("far", ["--set", "task.fhir_base=" + base])):
                out = os.path.join(top, where + "-" + split)
                lib.expect(lib.run("eval", "-t", task, "-m", "none.so", "-a", "rehearsal",
                                   "-s", split, "-o", out, *more), 0)
                scores.append(verdicts(out))
            lib.check(len(scores[0]) == size, "%d verdicts" % len(scores[0]))
            lib.check(scores[0] == scores[1], "other verdicts on " + split)


def test_v1_on_a_server():
    check_same_on_a_server("medagent.so")


def test_v2_on_a_server():
    check_same_on_a_server("medagent.so:v2")


def check_notes(out):
    """What was read back after a POST is in the record of the learning, right behind the POST."""
    notes = 0
    with open(os.path.join(out, "epoch_0", "dev_runs.jsonl"), encoding="utf-8") as f:
        for line in f:
            history = json.loads(line)["history"]
            for before, message in zip(history, history[1:]):
                if message["role"] == "system_note":
                    notes += 1
                    lib.check(before["content"].startswith("POST request accepted"), before)
                    lib.check("Read back after this POST" in message["content"], message)
    lib.check(notes > 10, "%d notes" % notes)


def test_learns():
    for task, folder, epochs in (("medagent.so", "medagent", 5),
                                 ("medagent.so:v2", "medagent-v2", 3)):
        config = os.path.join(lib.ROOT, "benchmarks", folder, "grasp.yaml")
        with lib.folder() as top:
            out = os.path.join(top, "run")
            lib.expect(lib.run("--config", config, "--task", task, "--method", "grasp.so",
                               "--agent", "rehearsal", "--out", out,
                               "--set", "cycle.epochs=%d" % epochs), 0, "Learning curve")
            curve = [row["score"] for row in lib.load(out, "val_scores.json")]
            lib.check(len(curve) == epochs + 1, "%d scores" % len(curve))
            lib.check(max(curve) > curve[0] + 0.1, "no rise: %s" % curve)
            lib.expect(lib.run("regrade", out), 0, "0 verdicts changed")
            check_notes(out)


def test_server_that_stops():
    with lib.folder() as top:
        with chart(top) as base:
            pass
        result = lib.run("--task", "medagent.so", "--method", "none.so", "--agent", "rehearsal",
                         "--out", os.path.join(top, "run"), "--set", "task.fhir_base=" + base)
        lib.check(result.returncode not in (0, 1), "runs without its server")
        lib.check(base.split("/")[2] in result.stderr, "does not name the server: " + result.stderr)


def test_cohort_too_small():
    with lib.folder() as top:
        data = os.path.join(top, "few.ndjson")
        lib.expect(lib.run("fhir", "cohort", "--patients", "7", "--out", data), 0)
        result = lib.run("--task", "medagent.so", "--method", "none.so", "--agent", "rehearsal",
                         "--set", "task.fhir=" + data, "--out", os.path.join(top, "run"))
        lib.check(result.returncode not in (0, 1), "runs without its patients")
        lib.check("few.ndjson" in result.stderr and "is not there" in result.stderr, result.stderr)


def test_cohort_command():
    with lib.folder() as top:
        a = lib.run("fhir", "cohort", "--seed", "5", "--patients", "3")
        b = lib.run("fhir", "cohort", "--seed", "5", "--patients", "3")
        other = lib.run("fhir", "cohort", "--seed", "6", "--patients", "3")
        lib.expect(a, 0)
        lib.check(a.stdout == b.stdout and a.stdout != other.stdout, "not a function of the seed")
        rows = [json.loads(line) for line in a.stdout.splitlines()]
        lib.check(sum(r["resourceType"] == "Patient" for r in rows) == 3, "not 3 patients")
        lib.check(len({(r["resourceType"], r["id"]) for r in rows}) == len(rows), "ids twice")
        lib.expect(lib.run("fhir", "cohort", "--tasks", top), 78, top, "test_data_v2.json")
        with open(os.path.join(top, "test_data_v2.json"), "w", encoding="utf-8") as f:
            f.write('[\n{"id": "task2_1",\n]\n')
        lib.expect(lib.run("fhir", "cohort", "--tasks", top), 78, "test_data_v2.json", "line 3")
        with open(os.path.join(top, "test_data_v2.json"), "w", encoding="utf-8") as f:
            json.dump([{"id": "task1_1", "instruction": "who?", "eval_MRN": "S1"}], f)
        lib.expect(lib.run("fhir", "cohort", "--tasks", top), 78, "sample 1 (task1_1)", "name")
        lib.expect(lib.run("fhir", "cohort", "--patients", "0"), 2, "--patients")


lib.main(test_cohort_command, test_cohort_too_small, test_v1_on_a_server, test_v2_on_a_server,
         test_learns, test_server_that_stops)
