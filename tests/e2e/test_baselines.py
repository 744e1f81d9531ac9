"""The five baselines on the quickstart task: curves, calls, released files, concurrency, kills."""
import json
import os
import random
import signal
import subprocess
import threading

import lib
from proxy import Proxy, recorded

METHODS = ("memory", "batch_memory", "expel", "evo_memory", "skillx")
STATE = {"memory": "memory/learned/memory.json", "batch_memory": "memory/learned/memory.json",
         "expel": "expel/learned/expel_rules.json", "evo_memory": "evo_memory/learned/semantic.json",
         "skillx": "skillx/learned/skillx_library.json"}
CYCLE = ["cycle.seed=3", "cycle.update_every=10"]
KILLS = 8 if lib.SLOW else 20
KILLS_A_RUN = 4
IN_FLIGHT = 8


def run(method, out, *more, sets=()):
    lib.expect(lib.run("-t", "quickstart.so", "-m", method + ".so", "-a", "rehearsal", "--quiet",
                       "--out", out, *more, "--set", *CYCLE, *sets), 0)
    return out


def writer_calls(out):
    return lib.load(out, "ledger.json")["learn"].get("writer", {}).get("calls", 0)


def epochs(out):
    """Per epoch: samples that failed, that were solved, all."""
    rows = []
    for number in range(3):
        runs = lib.lines(os.path.join(out, "epoch_%d" % number, "dev_runs.jsonl"))
        solved = sum(row["is_correct"] is True for row in runs)
        rows.append((sum(row["is_correct"] is False for row in runs), solved, len(runs)))
    return rows


def test_curves():
    with lib.folder() as top:
        for method in METHODS:
            out = run(method, os.path.join(top, method))
            curve = lib.load(out, "val_scores.json")
            best = max(row["score"] for row in curve[1:])
            lib.check(best > curve[0]["score"], "%s: no gain: %s" % (method, curve))
            tests = lib.load(out, "test_scores.json")
            for split in ("test", "id_test"):
                lib.check(tests[split + "_eval_best"]["score"]
                          > tests[split + "_eval_baseline"]["score"], "%s: %s" % (method, tests))


def reference_calls(method, out):
    """What the cost table allows: least and most."""
    rows = epochs(out)
    failed = sum(row[0] for row in rows)
    if method in ("memory", "batch_memory"):
        return failed, failed
    if method == "expel":
        pairs = sum(sum(row[0] for row in rows[:number + 1]) for number in range(3))
        return pairs + 3, pairs + 3
    if method == "evo_memory":
        events = [event for number in range(3)
                  for event in lib.load(out, "epoch_%d" % number, "evo_memory_updates.json")]
        curated = sum(bool(event["reflection"]["action_guidelines"]) for event in events)
        total = sum(row[2] for row in rows)
        lib.check(len(events) == total, "reflections: %d of %d" % (len(events), total))
        return total + curated, total + curated
    solved = sum(row[1] for row in rows)
    extracted = sum(lib.load(out, "epoch_%d" % number, "skillx_updates.json")["n_extracted"]
                    for number in range(3))
    return 2 * solved + extracted, 3 * solved + extracted + extracted // 2


def test_calls():
    with lib.folder() as top:
        for method in METHODS:
            out = run(method, os.path.join(top, method + "-compat"), sets=["compat=reference"])
            least, most = reference_calls(method, out)
            calls = writer_calls(out)
            lib.check(least <= calls <= most, "%s: %d calls, not %d to %d"
                      % (method, calls, least, most))
            out = run(method, os.path.join(top, method))
            most = reference_calls(method, out)[1]
            lib.check(writer_calls(out) <= most, "%s: %d calls by default, over %d"
                      % (method, writer_calls(out), most))
            # validation and tests ask no writer
            ledger = lib.load(out, "ledger.json")
            lib.check(not any("writer" in ledger[phase] for phase in ledger if phase != "learn"),
                      "%s: %s" % (method, ledger))


def test_concurrency():
    with lib.folder() as top:
        for method in METHODS + ("grasp", "none"):
            one = run(method, os.path.join(top, method + "-1"), "-j", "1")
            many = run(method, os.path.join(top, method + "-64"), "-j", "64")
            different = lib.same(one, many, ignore=["config.yaml"])
            lib.check(not different, "%s: these differ: %s" % (method, different))


RELEASED = {
    "memory": ("best.json", ["when asked for magnesium, avoid stale_value_used."]),
    "batch_memory": ("memory.json", ["when asked for magnesium, avoid stale_value_used."]),
    "expel": ("expel_rules_best.json", [{"text": "Avoid stale_value_used.", "counter": 2}]),
    "evo_memory": ("semantic.json", {"version": 1, "rules": ["[P1] Avoid stale_value_used always."]}),
    "skillx": ("skillx_library_best.json", {"skills": {"functional": [
        {"name": "magnesium", "document": "the most recent magnesium level of the patient",
         "content": "avoid stale_value_used"}]}}),
}


def test_released_files():
    with lib.folder() as top:
        for method, (name, value) in RELEASED.items():
            knowledge = os.path.join(top, method)
            os.mkdir(knowledge)
            with open(os.path.join(knowledge, name), "w", encoding="utf-8") as f:
                json.dump(value, f)
            args = ["eval", "-t", "quickstart.so", "-m", method + ".so", "-a", "rehearsal", "-s",
                    "test", "--quiet", "-k", knowledge]
            out = os.path.join(top, method + "-out")
            lib.expect(lib.run(*args, "--out", out), 0)
            lib.check(not any("stale_value_used" in str(row) for row in
                              lib.lines(os.path.join(out, "test_runs.jsonl"))),
                      "%s: the knowledge was not read" % method)
            with open(os.path.join(knowledge, name), "w", encoding="utf-8") as f:
                f.write("[1,\n{")
            lib.expect(lib.run(*args, "--out", out + "2"), 78, name, "repair the file")


def test_reference_config():
    with lib.folder() as top:
        config = os.path.join(top, "config.yaml")
        with open(config, "w", encoding="utf-8") as f:
            f.write("cycle: {epochs: 1, seed: 1, update_every: 48}\nmemory: {max_bullets: 200}\n"
                    "expel: {max_num_rules: 20, use_exemplars: false}\n"
                    "evo_memory: {semantic_top_k: 8, episodic_top_k: 3, max_episodes: 500}\n"
                    "skillx: {retrieval_top_k: 5, skill_type: functional, filter_stage1: true, "
                    "filter_stage2: false}\n")
        for method in METHODS:
            lib.expect(lib.run("-t", "quickstart.so", "-m", method + ".so", "-a", "rehearsal",
                               "--config", config, "--quiet", "--out", os.path.join(top, method)),
                       0)


class Watch(Proxy):
    """Counts the writer's requests apart: its prompts begin with a title."""

    def __init__(self, url):
        self.asked = 0
        self.more = threading.Condition()
        super().__init__(url, 0.001, refuse=self.look)

    def look(self, text):
        if json.loads(text)["messages"][0]["content"].startswith("# "):
            with self.more:
                self.asked += 1
                self.more.notify_all()
        return False

    def wait_for_writer(self, count, process):
        with self.more:
            while self.asked < count and process.poll() is None:
                self.more.wait(0.005)


def kill_in_learning(args, out, env, proxy, moment, delay):
    """True if it was killed, after the writer was asked so often, before its end."""
    known, before = recorded(out), proxy.seeds.copy()
    begun = os.path.exists(os.path.join(out, "config.yaml"))
    command = ["--resume", "--quiet"] if begun else args
    process = subprocess.Popen([lib.HOST, *command, "--out", out], env=env,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    proxy.wait_for_writer(moment, process)
    try:
        process.wait(delay)
    except subprocess.TimeoutExpired:
        process.kill()
    err = process.communicate(timeout=600)[1]
    again = [seed for seed in known if proxy.seeds[seed] > before[seed]]
    lib.check(not again, "%d recorded calls were sent again" % len(again))
    lib.check(process.returncode in (0, -signal.SIGKILL),
              "exit code %s\n%s" % (process.returncode, err))
    return process.returncode != 0


def kill_method(method, top, url, rng):
    args = ["-t", "quickstart.so", "-m", method + ".so", "-a", "local", "-j", str(IN_FLIGHT),
            "--quiet", "--set", *CYCLE, "agent_temperature=0.5"]
    with Watch(url) as proxy:
        env = lib.endpoint(proxy.url)
        expected = os.path.join(top, method)
        lib.expect(lib.run(*args, "--out", expected, env=env), 0)
        total, done, number = proxy.asked, 0, 0
        while done < KILLS:
            lib.check(number < KILLS, "%s: only %d kills came in time" % (method, done))
            out = os.path.join(top, "%s-%d" % (method, number))
            number += 1
            proxy.asked = 0
            proxy.seeds.clear()
            for at in sorted(rng.uniform(0, 0.95) for _ in range(KILLS_A_RUN)):
                done += kill_in_learning(args, out, env, proxy, 1 + int(at * total),
                                         rng.uniform(0, 0.004))
            while kill_in_learning(args, out, env, proxy, 1 << 30, 60):
                pass
            different = lib.same(expected, out)
            lib.check(not different, "%s: after kills these differ: %s" % (method, different))
        print("%s: %d kills in %d runs" % (method, done, number))


def rehearse(method):
    server = subprocess.Popen([lib.HOST, "rehearse", "-t", "quickstart.so", "-m", method + ".so"],
                              env=lib.environment(), stdout=subprocess.PIPE, text=True)
    return server, server.stdout.readline().split()[-1]


def test_kills():
    rng = random.Random(20261126)
    with lib.folder() as top:
        for method in METHODS:
            server, url = rehearse(method)
            try:
                kill_method(method, top, url, rng)
            finally:
                server.terminate()
                server.wait(30)


def test_run_all():
    with lib.folder() as top:
        env = lib.environment(HOST=lib.HOST, PLUGINS=os.path.join(lib.BUILD, "plugins"),
                              TASKS="quickstart nowhere", METHODS="none memory")
        command = [os.path.join(lib.ROOT, "benchmarks", "run_all.sh"), os.path.join(top, "all")]
        for _ in range(2):  # the second time all is there already
            result = subprocess.run(command, env=env, capture_output=True, text=True, timeout=600)
            lib.expect(result, 0, "skipped: nowhere.so", "| rehearsal | none | 50.0 |",
                       "| rehearsal | memory | 90.0 |", "rehearsal model")


lib.main(test_curves, test_calls, test_concurrency, test_released_files, test_reference_config,
         test_run_all, test_kills)
