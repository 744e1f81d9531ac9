"""Sweeps: a grid from one file, broken off in every way, in one process or several, comes to what an
undisturbed one comes to, and pays for nothing twice."""
import json
import os
import random
import signal
import subprocess
import threading
import time

import lib

PLUGINS = os.path.join(lib.BUILD, "tests", "plugins")
GRID = """
axes:
  task: [quickstart]
  method: [grasp, memory, expel]
  agent: [%s]
  seed: [1, 2]
set: {cycle.epochs: 1, concurrency: 4}
"""


def write(top, name, text):
    path = os.path.join(top, name)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def sweep(file, out, *args, **more):
    return lib.run("sweep", file, "--out", out, *args, **more)


def states(file, out):
    status = json.loads(lib.run("sweep", file, "--out", out, "--status", "--json").stdout)
    return {cell["name"]: cell["state"] for cell in status["cells"]}


def all_done(file, out):
    found = states(file, out)
    lib.check(set(found.values()) == {"done"}, "not done: %s" % found)


def same_cells(a, b):
    for name in sorted(os.listdir(os.path.join(a, "cells"))):
        different = lib.same(os.path.join(a, "cells", name), os.path.join(b, "cells", name))
        lib.check(not different, "%s: differ: %s" % (name, different))


def tables(out):
    return {name: lib.run("tables", out, "--format", name).stdout
            for name in ("text", "markdown", "csv", "latex", "json", "junit")}


def test_grid():
    with lib.folder() as top:
        file, out = write(top, "grid.yaml", GRID % "rehearsal"), os.path.join(top, "out")
        plan = json.loads(lib.run("sweep", file, "--dry-run", "--json").stdout)
        names = [cell["name"] for cell in plan["cells"]]
        lib.check(names[:2] == ["none_seed1", "none_seed2"] and "grasp_seed2" in names, str(names))
        lib.check(plan["total"]["calls"] == sum(cell["calls"] for cell in plan["cells"]) > 0,
                  str(plan["total"]))
        lib.expect(sweep(file, out, "--only", "*_seed1", "--skip", "expel*"), 0, "3 cells done")
        found = states(file, out)
        lib.check(found["expel_seed1"] == found["grasp_seed2"] == "waiting", str(found))
        missing = lib.run("tables", out)
        lib.expect(missing, 3, "missing: expel_seed1 (waiting)")
        lib.expect(sweep(file, out), 0, "8 cells done")
        before = lib.tree(out)
        lib.expect(sweep(file, out), 0)
        lib.check(lib.tree(out) == before, "a sweep that is done was changed")
        all_done(file, out)
        check_alone(top, out)
        check_tables(out)
        check_changed(top, file, out)


def check_alone(top, out):
    """A cell is the run that its configuration makes; what it took from the baseline is the same."""
    for name in ("grasp_seed1", "none_seed2"):
        alone = os.path.join(top, "alone_" + name)
        lib.expect(lib.run("--config", os.path.join(out, "state", name, "config.yaml"), "--quiet",
                           "--out", alone), 0)
        different = lib.same(alone, os.path.join(out, "cells", name))
        lib.check(not different, "%s: differ: %s" % (name, different))
    ledger = lib.load(out, "cells", "grasp_seed1", "ledger.json")
    base = lib.load(out, "cells", "none_seed1", "ledger.json")
    shared = sum(base[phase]["executor"]["calls"] for phase in ("val", "test"))
    lib.check(ledger["timing"]["cache"]["calls"] == shared > 0, "the baseline was run again")


def check_tables(out):
    made = tables(out)
    lib.check("±" in made["text"] and "| grasp |" in made["markdown"], made["text"])
    lib.check("\\toprule" in made["latex"] and "$\\pm$" in made["latex"], made["latex"])
    rows = made["csv"].splitlines()
    lib.check(rows[0].startswith("agent,row,task,column,n,expected,mean,sd,low,high"), rows[0])
    lib.check(len(rows) == 1 + 4 * 3, made["csv"])
    parsed = json.loads(made["json"])
    lib.check(parsed["missing"] == 0 and len(parsed["runs"]) == 8, made["json"][:500])
    lib.check(made["junit"].count("<testcase") == 8 and 'errors="0"' in made["junit"], made["junit"])
    result = lib.run("compare", out, "--json")
    lib.expect(result, 0)
    contests = json.loads(result.stdout)["contests"]
    lib.check(len(contests) == 1 and len(contests[0]["comparisons"]) == 3, result.stdout[:500])
    lib.expect(lib.run("compare", out, "--against", "gras"), 2, "did you mean 'grasp'")


def check_changed(top, file, out):
    for old, new, needle in (("epochs: 1", "epochs: 2", "cycle.epochs"),
                             ("seed: [1, 2]", "seed: [1, 3]", "none_seed2 is in the folder"),
                             ("expel]", "skillx]", "skillx_seed1 is not in the folder")):
        other = write(top, "other.yaml", (GRID % "rehearsal").replace(old, new))
        lib.expect(sweep(other, out), 78, "other cells", needle, "--out")
    same = write(top, "same.yaml", GRID % "rehearsal" + "parallel: 3\nretries: 2\nmax_calls: 9\n")
    lib.expect(sweep(same, out), 0)


BAD = (
    ("axes: {task: [quickstart], metod: [grasp], agent: [rehearsal]}", 78,
     ["bad.yaml:1", "'metod'", "did you mean 'method'"]),
    ("axes: {task: [quickstart], method: [grasp], agent: [rehearsal], cycel.epochs: [1]}", 78,
     ["did you mean 'cycle.epochs'"]),
    ("axes: {task: [quickstart], method: [grasp], agent: [rehearsal], cycle.epochs: [-1]}", 78,
     ["bad.yaml:1", "cycle.epochs must be"]),
    ("axes: {task: [quickstart], method: [grasp], agent: [rehearsal]}\nset: {cycle.epoch: 1}", 78,
     ["bad.yaml", "cycle.epoch'", "did you mean 'cycle.epochs'"]),
    ("axes: {task: [quickstart], method: [grasp], agent: [local]}\nset: {agent.api_key: sk-1}", 78,
     ["bad.yaml:2", "agent.api_key holds a secret"]),
    ("axes: {task: [quickstrt], method: [grasp], agent: [rehearsal]}", 2,
     ["quickstrt", "did you mean quickstart"]),
    ("axes: {task: [quickstart], method: [gras], agent: [rehearsal]}", 2,
     ["did you mean grasp"]),
    ("axes: {task: [quickstart], method: [grasp], agent: [rehersal]}", 78,
     ["did you mean 'rehearsal'"]),
    ("axes: {task: [quickstart], method: [memory, grasp], agent: [rehearsal], method.grpo_k: [2]}",
     78, ["grpo_k", "cell memory"]),
    ("axes: {task: [quickstart], method: [grasp], agent: [rehearsal]}\nexclude: [{tsk: a}]", 78,
     ["bad.yaml:2", "did you mean 'task'"]),
    ("axes: {task: [quickstart], method: [grasp], agent: [rehearsal]}\nexclude: [{task: '*'}]", 78,
     ["no cell is left"]),
    ("axes: {task: [quickstart], method: [grasp], agent: [rehearsal], seed: [a]}", 78, ["seed"]),
    ("axes: {task: [quickstart], method: [grasp], agent: [rehearsal]}\nexclude: [{method: expel}]", 78,
     ["bad.yaml:2", "no value of axis 'method' matches 'expel'"]),
    ("axes: {task: [quickstart], method: [grasp], agent: [rehearsal], agent.temprature: [0]}", 78,
     ["bad.yaml:1", "agent.temprature", "did you mean 'temperature'"]),
    ("axes: {task: [quickstart], method: [grasp], agent: []}", 78, ["list of values"]),
    ("axes: {task: [quickstart], method: [grasp]}", 78, ["has no agent"]),
    ("axis: {task: [quickstart]}", 78, ["did you mean 'axes'"]),
    ("", 78, ["a sweep is a mapping"]),
    ("axes: {task: [quickstart], method: [grasp], agent: [local]}\nmax_cost: 5", 78,
     ["max_cost needs prices"]),
    ("axes: {task: [quickstart], method: [grasp], agent: [rehearsal]}\nretries: many", 78,
     ["bad.yaml:2", "retries"]),
    ("axes: {task: [quickstart], method: [grasp], agent: [rehearsal]}\nclaim_timeout: 1", 78,
     ["bad.yaml:2", "claim_timeout"]),
    ("axes: {task: [quickstart], method: [grasp], agent: [rehearsal]}\n"
     "overrides: [{where: {method: grasp}, config: none.yaml}]", 78, ["none.yaml"]),
)


def test_bad_input():
    with lib.folder() as top, lib.Fault(b"") as server:
        env, out = lib.endpoint(server.url, GRASP_MODEL="m"), os.path.join(top, "out")
        for text, code, needles in BAD:
            result = sweep(write(top, "bad.yaml", text), out, env=env)
            lib.expect(result, code, *needles)
            lib.check(result.stderr.count("grasp-host: ") == 1, "more than one error:\n" + result.stderr)
            lib.check(not os.path.exists(out), "left a folder after: " + text)
        good = write(top, "good.yaml", "axes: {task: [quickstart], method: [none], agent: [local]}")
        lib.expect(sweep(good, out, "--shard", "3/2", env=env), 2, "--shard")
        lib.expect(sweep(good, out, "--only", "nix", env=env), 2, "matches none of 1 cells",
                   "--dry-run lists")
        lib.expect(sweep(good, out, "--cell", "nix", env=env), 2, "no cell 'nix'")
        lib.expect(sweep(good, out, "--status", env=env), 2, "no sweep there yet")
        lib.expect(sweep(good, top, env=env), 2, "is no sweep")
        check_folders(top, good, env)
        lib.check(server.count == 0, "%d calls were paid for" % server.count)


def check_folders(top, good, env):
    """A folder that cannot be written, and a disk that is full."""
    if os.geteuid() == 0:
        closed = "/proc/grasp-sweep"
    else:
        closed = os.path.join(top, "closed", "out")
        os.makedirs(os.path.dirname(closed), mode=0o500)
    result = sweep(good, closed, env=env)
    lib.check(result.returncode in (70, 77, 78), "%d\n%s" % (result.returncode, result.stderr))
    lib.check(result.stderr.count("grasp-host: ") == 1 and "grasp-sweep" in result.stderr
              or "closed" in result.stderr, result.stderr)
    tiny = os.path.join(top, "tiny")
    os.mkdir(tiny)
    script = "mount -t tmpfs -o size=64k none %s && exec %s sweep %s --out %s/out" % (
        tiny, lib.HOST, good, tiny)
    full = subprocess.run(["unshare", "-rm", "sh", "-c", script], env=env, text=True,
                          capture_output=True, timeout=600)
    if "unshare" in full.stderr or "mount" in full.stderr:
        print("        no full disk: %s" % full.stderr.strip()[:100])
        return
    lib.check(full.returncode == 70 and full.stderr.count("grasp-host: ") == 1
              and "No space left" in full.stderr, "%d\n%s" % (full.returncode, full.stderr))
    check_filling(top)


def check_filling(top):
    """A disk that is full when cells run: no cell is said to be tried again; with room they go on."""
    small, out = os.path.join(top, "small"), os.path.join(top, "small", "out")
    file = write(top, "small.yaml", GRID % "rehearsal")
    os.mkdir(small)
    host = "%s sweep %s --out %s" % (lib.HOST, file, out)
    script = ("mount -t tmpfs -o size=520k none %s && %s; echo ended with $?;"
              " mount -o remount,size=64m %s && exec %s" % (small, host, small, host))
    result = subprocess.run(["unshare", "-rm", "sh", "-c", script], env=lib.environment(), text=True,
                            capture_output=True, timeout=120)
    lib.expect(result, 0, "No space left", "ended with 70", "8 cells done")
    lib.check("is tried again" not in result.stderr, result.stderr)


class Server(lib.Fault):
    """Passes requests on to the rehearsal, each some milliseconds late, and counts."""

    def __init__(self, url, delay=0.0):
        self.behind = url
        self.delay = delay
        self.lock = threading.Lock()
        self.calls = 0
        super().__init__(self.forward, keep=True)

    def forward(self, client, request):
        time.sleep(self.delay)
        reply = lib.fetch(self.behind + "/chat/completions", request[1].decode())[1]
        with self.lock:
            self.calls += 1
        client.sendall(lib.answer("200 OK", reply).replace(b"Connection: close\r\n", b""))


def children(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid), encoding="utf-8") as f:
        return [int(word) for word in f.read().split()]


def begin(file, out, *args, env=None):
    return subprocess.Popen([lib.HOST, "sweep", file, "--out", out, "--quiet", *args],
                            env=env or lib.environment(), stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, text=True)


def wait_for(condition, what):
    end = time.monotonic() + 300
    while not condition():
        lib.check(time.monotonic() < end, "waited in vain for " + what)
        time.sleep(0.005)


def test_killed():
    """The parent, then children, then a clean stop; nothing that was answered is asked again."""
    with lib.folder() as top, lib.rehearsal("--method", "memory.so") as url:
        text = (GRID % "local").replace("grasp, memory, expel", "none, memory") + "cache: false\n"
        file, a, b = write(top, "g.yaml", text), os.path.join(top, "a"), os.path.join(top, "b")
        with Server(url) as server:
            lib.expect(sweep(file, a, env=lib.endpoint(server.url)), 0, "4 cells done")
            expected = server.calls
        kills = 0
        with Server(url, 0.01) as server:
            env = lib.endpoint(server.url)
            for number in range(3):
                process, goal = begin(file, b, "-p", "2", env=env), server.calls + expected // 5
                wait_for(lambda least=goal: server.calls >= least, "calls")
                process.kill()
                process.communicate()
                kills += 1
            process, goal = begin(file, b, "-p", "2", env=env), server.calls + expected // 8
            wait_for(lambda least=goal: server.calls >= least, "calls")
            for child in children(process.pid)[:1]:
                os.kill(child, signal.SIGKILL)
            kills += 1
            wait_for(lambda least=server.calls + expected // 10: server.calls >= least, "calls")
            process.send_signal(signal.SIGTERM)
            process.communicate()
            lib.check(process.returncode in (143, 0), "ended with %d" % process.returncode)
            lib.expect(sweep(file, b, env=env), 0, "4 cells done")
            # two cells side by side, four calls in flight each
            lib.check(expected <= server.calls <= expected + kills * 8,
                      "%d calls, %d undisturbed" % (server.calls, expected))
        same_cells(a, b)
        lib.check(tables(a) == tables(b), "the tables differ")


def test_shards():
    """Eight at once, five of which are killed at random, as are their children."""
    rng = random.Random(7)
    with lib.folder() as top:
        file, a, b = (os.path.join(top, name) for name in ("g.yaml", "a", "b"))
        write(top, "g.yaml", (GRID % "rehearsal").replace("[1, 2]", "[1, 2, 3, 4]"))
        lib.expect(sweep(file, a), 0)
        shards = [begin(file, b, "--shard", "%d/8" % (i + 1), "-p", "1") for i in range(8)]
        for shard in shards[:5]:
            time.sleep(rng.random() / 10)
            victim = rng.choice([shard.pid, *children(shard.pid)] if shard.poll() is None
                                else [0])
            if victim:
                try:
                    os.kill(victim, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        for shard in shards:
            _, said = shard.communicate(timeout=600)
            lib.check(shard.returncode in (0, -9), "%d: %s" % (shard.returncode, said))
        all_done(file, b)
        for name in os.listdir(os.path.join(b, "cells")):
            folder = os.path.join(b, "state", name)
            ends = [lib.load(folder, end)["end"] for end in os.listdir(folder)
                    if end.startswith("end.")]
            lib.check(ends.count("done") == 1, "%s was run twice: %s" % (name, ends))
        same_cells(a, b)


def test_elsewhere():
    """The claim of another machine, which gives no sign of life any more."""
    with lib.folder() as top:
        text = "axes: {task: [quickstart], method: [none], agent: [rehearsal], seed: [1, 2]}\n"
        file, out = write(top, "g.yaml", text + "claim_timeout: 5\n"), os.path.join(top, "out")
        lib.expect(sweep(file, out, "--only", "seed1"), 0)
        os.mkdir(os.path.join(out, "state", "seed2"))
        write(os.path.join(out, "state", "seed2"), "claim.1",
              '%020d{"host":"far","place":"another boot","pid":1,"started":1}\n' % 5)
        lib.check(states(file, out)["seed2"] == "running", "taken for dead at first sight")
        lib.expect(sweep(file, out), 0, "2 cells done")
        all_done(file, out)


def put_tries(folder, ends):
    """A cell that was tried once for each of the ends, by processes that are gone."""
    os.mkdir(folder)
    for number, end in enumerate(ends, 1):
        write(folder, "claim.%d" % number, '%020d{"host":"far","pid":1,"started":1}\n' % 5)
        write(folder, "end.%d" % number, '{"end": "%s", "code": 1, "signal": 0}\n' % end)


def test_many_tries():
    """However many tries a cell has had, all count, and the last one says how it is."""
    with lib.folder() as top:
        text = "axes: {task: [quickstart], method: [none], agent: [rehearsal], seed: [1, 2, 3, 4]}\n"
        file, out = write(top, "g.yaml", text + "retries: 99\n"), os.path.join(top, "out")
        lib.expect(sweep(file, out, "--only", "seed1"), 0)
        put_tries(os.path.join(out, "state", "seed2"), ["failed"] * 100)
        put_tries(os.path.join(out, "state", "seed3"), ["failed"] * 99 + ["busy"] * 70)
        put_tries(os.path.join(out, "state", "seed4"), ["killed"] * 21)
        lib.expect(sweep(file, out), 3, "2 cells done, 2 failed")
        found = states(file, out)
        lib.check((found["seed2"], found["seed3"], found["seed4"]) == ("failed", "done", "killed"),
                  str(found))
        # begun by something that does not wait for its own children
        lib.expect(sweep(file, out, "--retry-failed", preexec_fn=lambda: signal.signal(
            signal.SIGCHLD, signal.SIG_IGN)), 0, "4 cells done")


def test_half_made():
    """A sweep that was killed before sweep.json was there is none yet: another file may take over."""
    with lib.folder() as top:
        file, out = write(top, "grid.yaml", GRID % "rehearsal"), os.path.join(top, "out")
        os.makedirs(os.path.join(out, "state"))
        os.mkdir(os.path.join(out, "cells"))
        write(os.path.join(out, "state"), ".plan-1-2.tmp", "{")
        lib.expect(sweep(file, out, "--only", "none_seed1"), 0, "1 cells done")
        os.remove(os.path.join(out, "sweep.json"))
        lib.expect(sweep(file, out), 2, "no sweep.json")


def test_endpoint_down():
    """One cell finds out; the others of the agent wait for the next sweep."""
    with lib.folder() as top, lib.rehearsal() as url:
        text = GRID.replace("%s", "local") + "baseline: own\n"
        text = text.replace("concurrency: 4}", "concurrency: 4, agent.max_retries: 1}")
        file, out = write(top, "g.yaml", text), os.path.join(top, "out")
        result = sweep(file, out, "-p", "1", env=lib.endpoint("http://127.0.0.1:9/v1"))
        lib.expect(result, 69, "ended with 69", "6 to go on with")
        lib.check(result.stderr.count("ended with 69") == 1, result.stderr)
        lib.expect(sweep(file, out, "--only", "grasp_seed1", env=lib.endpoint(url)), 0,
                   "1 cells done")


def test_single_cell():
    """What a task of a cluster's array runs: a cell, and the baseline it needs; SIGTERM stops it."""
    with lib.folder() as top, lib.rehearsal() as url, Server(url, 0.02) as server:
        text = (GRID % "local").replace("grasp, memory, expel", "grasp").replace("[1, 2]", "[1]")
        file, out = write(top, "g.yaml", text + "baseline: own\n"), os.path.join(top, "out")
        env = lib.endpoint(server.url)
        process = begin(file, out, "--cell", "0", env=env)
        wait_for(lambda: server.calls > 20, "calls")
        process.send_signal(signal.SIGTERM)
        process.communicate()
        lib.check(process.returncode == 143, "ended with %d" % process.returncode)
        lib.expect(sweep(file, out, "--cell", "cell", env=env), 0, "1 cells done")
        all_done(file, out)
        whole = write(top, "h.yaml", GRID % "rehearsal")
        lib.expect(sweep(whole, out + "2", "--cell", "expel_seed2"), 0, "2 cells done")
        found = states(whole, out + "2")
        lib.check(found["none_seed2"] == found["expel_seed2"] == "done" and
                  found["grasp_seed1"] == "waiting", str(found))


def test_bad_plugins():
    """One cell crashes, one hangs, one writes garbage: each is reported, and the others are done."""
    names = ["crash_in_begin", "hang_in_step", "not_utf8", "good_task"]
    files = [os.path.join(PLUGINS, "plugin_%s.so" % name) for name in names]
    if not all(os.path.exists(file) for file in files):
        print("        skipped: the bad plugins of tests/plugins are not built")
        return
    reply = lib.answer("200 OK", lib.completion("42"))
    with lib.folder() as top, lib.Fault(reply) as server:
        env = lib.endpoint(server.url, GRASP_MODEL="m")
        text = ("axes: {task: [%s], method: [none], agent: [local]}\nretries: 1\n"
                "overrides: [{where: {task: '*hang*'}, time_limit: 0.5}]\n" % ", ".join(files))
        file, out = write(top, "g.yaml", text), os.path.join(top, "out")
        result = sweep(file, out, env=env)
        lib.expect(result, 3, "plugin_crash_in_begin: ", "is tried again", "the end of",
                   "plugin_hang_in_step: took longer than its 0.5 s", "(--retry-failed tries")
        found = states(file, out)
        lib.check(found["plugin_good_task"] == "done" and found["plugin_hang_in_step"] == "timeout"
                  and found["plugin_crash_in_begin"] == "failed", str(found))
        lib.check(found["plugin_not_utf8"] in ("failed", "missing"), str(found))
        ends = [name for name in os.listdir(os.path.join(out, "state", "plugin_crash_in_begin"))
                if name.startswith("end.")]
        lib.check(len(ends) == 2, "tried %d times, not twice" % len(ends))
        lib.expect(sweep(file, out, env=env), 3)  # as often as the file says, not more
        again = [name for name in os.listdir(os.path.join(out, "state", "plugin_crash_in_begin"))
                 if name.startswith("end.")]
        lib.check(again == ends, "tried once more")
        junit = lib.run("tables", out, "--format", "junit").stdout
        lib.check('errors="1"' in junit and 'message="timeout"' in junit, junit)


def test_false_end():
    """A plugin that ends the process with 0 has not done its cell."""
    plugin = os.path.join(PLUGINS, "plugin_exits.so")
    if not os.path.exists(plugin):
        print("        skipped: the bad plugins of tests/plugins are not built")
        return
    reply = lib.answer("200 OK", lib.completion("4" * 100001))
    with lib.folder() as top, lib.Fault(reply) as server:
        file, out = write(top, "g.yaml", "axes: {task: [%s], method: [none], agent: [local]}" %
                          plugin), os.path.join(top, "out")
        result = sweep(file, out, env=lib.endpoint(server.url, GRASP_MODEL="m"))
        lib.expect(result, 3, "ended with 0, but its run is not complete", "1 failed")


def test_budget():
    """What the server counts never passes the sweep's budget, killed or not."""
    with lib.folder() as top, lib.rehearsal() as url, Server(url) as server:
        env, out = lib.endpoint(server.url), os.path.join(top, "out")
        text = GRID % "local" + "set: {agent.max_tokens: 400, concurrency: 4}\n"
        text = text.replace("set: {cycle.epochs: 1, concurrency: 4}\n", "", 1)
        for limit in (90, 260, 420):
            file = write(top, "g.yaml", text + "max_calls: %d\n" % limit)
            process = begin(file, out, "-p", "4", env=env)
            if limit == 260:
                wait_for(lambda: server.calls > 150, "calls")
                process.kill()
                process.communicate()
                process = begin(file, out, "-p", "4", env=env)
            _, said = process.communicate(timeout=600)
            lib.check(process.returncode == 4, "ended with %d\n%s" % (process.returncode, said))
            lib.check(server.calls <= limit, "%d of %d calls" % (server.calls, limit))
            # what was in flight when it was killed counts as used
            lib.check(server.calls >= limit - (16 if limit > 90 else 0),
                      "only %d of %d calls" % (server.calls, limit))


def calls(out):
    """Replies in the journals that were asked for there."""
    folder, count = os.path.join(out, "cells"), 0
    for name in os.listdir(folder):
        lines = lib.read(os.path.join(folder, name, "journal.jsonl")).splitlines()
        count += sum(b'"t": "call"' in line and b'"reused": true' not in line for line in lines)
    return count


def test_budget_in_parts():
    """However a sweep is divided, one time and the next, it stays within its budget; what a cell
    that is done has left over is the others'."""
    with lib.folder() as top:
        text = ("axes: {task: [quickstart], method: [none, memory], agent: [rehearsal], seed: [1]}\n"
                "baseline: own\nset: {cycle.epochs: 1}\n")
        free, file, out = (os.path.join(top, name) for name in ("free", "g.yaml", "out"))
        lib.expect(sweep(write(top, "free.yaml", text), free), 0)
        whole = calls(free)
        part = whole // 2
        write(top, "g.yaml", text + "max_calls: %d\n" % part)
        for ways in (("--cell", "0"), ("--cell", "1"), ("--shard", "1/2"), ()):
            lib.expect(sweep(file, out, *ways), 4)
            lib.check(calls(out) <= part, "%s: %d of %d calls" % (ways, calls(out), part))
        lib.check(calls(out) == part, "left over: %d of %d calls" % (calls(out), part))
        write(top, "g.yaml", text + "max_calls: %d\n" % whole)
        for cell in ("none", "memory"):
            lib.expect(sweep(file, out + "2", "--cell", cell), 0)
        lib.check(calls(out + "2") == whole, "%d of %d calls" % (calls(out + "2"), whole))


class Times(lib.Fault):
    """Notes when requests come."""

    def __init__(self):
        self.lock = threading.Lock()
        self.came = []
        self.good = lib.answer("200 OK", lib.completion("ANSWER 1")).replace(
            b"Connection: close\r\n", b"")
        super().__init__(self.reply_to, keep=True)

    def reply_to(self, client, _request):
        with self.lock:
            self.came.append(time.monotonic())
        client.sendall(self.good)


def test_limiter():
    """Eight cells side by side keep a quota together: what they ask for takes the time that the quota
    gives it, but for a second's worth at once. A busy machine only makes it longer. How much of the
    quota they use is measured by benchmarks/sweeps/limiter.py, which needs a quiet one."""
    with lib.folder() as top, Times() as server:
        text = ("axes: {task: [quickstart], method: [none], agent: [local],"
                " seed: [1, 2, 3, 4, 5, 6, 7, 8]}\nparallel: 8\ncache: false\n"
                "set: {agent.requests_per_minute: 3600}\n")
        lib.expect(sweep(write(top, "g.yaml", text), os.path.join(top, "out"),
                         env=lib.endpoint(server.url)), 0, "8 cells done")
        count, took = len(server.came), server.came[-1] - server.came[0]
        lib.check(count > 200, "only %d calls" % count)
        least = (count - 60) / 60
        lib.check(took > 0.8 * least, "%d calls in %.2f s, not %.2f s" % (count, took, least))


if __name__ == "__main__":
    lib.main(test_grid, test_bad_input, test_killed, test_shards, test_elsewhere, test_many_tries,
             test_half_made, test_endpoint_down, test_single_cell, test_bad_plugins,
             test_false_end, test_budget, test_budget_in_parts, test_limiter)
