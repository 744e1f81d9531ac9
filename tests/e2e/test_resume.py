"""kill -9 at moments spread over a whole run, each followed by --resume: the run directory ends up
as if nothing had happened, and no call whose reply was recorded is sent again. Then the gentler
interruptions, and what a resume refuses."""
import os
import random
import resource
import signal
import subprocess
import time

import lib
from proxy import Proxy, recorded

KILLS = 15 if lib.SLOW else 63  # of which four fifths must come in time: 50
RUNS = 3 if lib.SLOW else 10
IN_FLIGHT = 8
# Above temperature 0 every call is sent with its seed, which tells the server which one it is.
NAMED = ["--set", "agent_temperature=0.5"]
LEARN = [*lib.QUICKSTART, *NAMED, "method.gate=paired", "--agent", "local", "-j", str(IN_FLIGHT),
         "--quiet"]
# Guesses that turn out wrong are paid for: what is sent twice then is no fault.
DUELS = [*lib.QUICKSTART, *NAMED, "method.gate=duel", "cycle.overlap=false", "cycle.epochs=2",
         "--agent", "local", "-j", str(IN_FLIGHT), "--quiet"]
EVAL = ["eval", "-t", "quickstart.so", *NAMED, "cycle.seed=3", "-a", "local", "-s", "test", "-j", "2", "--quiet"]


def start(args, env):
    return subprocess.Popen([lib.HOST, *args], env=env, stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, text=True)


def finish(process):
    _, err = process.communicate(timeout=600)
    return process.returncode, err


def undisturbed(top, args, env, proxy):
    """The run to compare with; also shows that seeds name calls."""
    out = os.path.join(top, "expected")
    lib.expect(lib.run(*args, "--out", out, env=env), 0)
    lib.check(set(proxy.seeds) == recorded(out), "seeds of requests and places do not agree")
    lib.check(set(proxy.seeds.values()) == {1}, "a call was sent twice")
    return out


def killed(args, out, env, proxy, moment, delay):
    """Starts or resumes a run and kills it `delay` seconds after the server has had `moment`
    requests; true if it was killed before its end."""
    begun = os.path.exists(os.path.join(out, "config.yaml"))
    command = ["--resume", "--quiet"] if begun else args
    if begun and args[0] == "eval":
        command = ["eval", *command]
    known = recorded(out)
    before = proxy.seeds.copy()
    process = start([*command, "--out", out], env)
    proxy.wait_for(moment, process)
    try:
        process.wait(delay)
    except subprocess.TimeoutExpired:
        process.kill()
    code, err = finish(process)
    again = [seed for seed in known if proxy.seeds[seed] > before[seed]]
    lib.check(not again, "%d recorded calls were sent again" % len(again))
    lib.check(code in (0, -signal.SIGKILL), "exit code %s\n%s" % (code, err))
    return code != 0


def kill_often(args, top, env, proxy, kills, runs, rng, jobs):
    expected = undisturbed(top, args, env, proxy)
    calls = len(recorded(expected))
    moments, done = [], 0
    for number in range(1, runs + 1):
        out = os.path.join(top, "run%d" % number)
        proxy.seeds.clear()
        proxy.count = 0
        # from before the first request to after the last one, when the files are finished
        here = sorted(rng.uniform(-0.05, 1.05) for _ in range(kills // runs))
        for at in here:
            moment = min(max(int(at * calls), 0), calls)
            if killed(args, out, env, proxy, moment, rng.uniform(0, 0.015)):
                done += 1
                moments.append(at)
        while killed(args, out, env, proxy, 1 << 30, 60):
            pass
        lost = sum(proxy.seeds.values()) - calls
        lib.check(0 <= lost <= jobs * len(here), "%d requests too many" % lost)
        different = lib.same(expected, out)
        lib.check(not different, "after %d kills these differ: %s" % (len(here), different))
    return done, moments


def test_kills():
    rng = random.Random(20261126)
    with lib.folder() as top, lib.rehearsal() as url, Proxy(url, 0.002) as proxy:
        env = lib.endpoint(proxy.url)
        done, moments = kill_often(LEARN, top, env, proxy, KILLS, RUNS, rng, IN_FLIGHT)
        lib.check(done >= KILLS * 4 // 5, "only %d of %d kills came in time" % (done, KILLS))
        lib.check(min(moments) < 0.2 and max(moments) > 0.8, "moments: %s" % moments)


def test_kills_in_duels():
    with lib.folder() as top, lib.rehearsal() as url, Proxy(url, 0.002) as proxy:
        done, _ = kill_often(DUELS, top, lib.endpoint(proxy.url), proxy, 8, 2, random.Random(8),
                             IN_FLIGHT)
        lib.check(done >= 4, "only %d kills came in time" % done)


def test_kills_of_an_evaluation():
    with lib.folder() as top, lib.rehearsal() as url, Proxy(url, 0.005) as proxy:
        done, _ = kill_often(EVAL, top, lib.endpoint(proxy.url), proxy, 6, 2, random.Random(7), 2)
        lib.check(done >= 4, "only %d kills came in time" % done)


def test_signals():
    with lib.folder() as top, lib.rehearsal() as url, Proxy(url, 0.01) as proxy:
        env = lib.endpoint(proxy.url)
        expected, out = undisturbed(top, LEARN, env, proxy), os.path.join(top, "run")
        calls, proxy.count = len(recorded(expected)), 0
        for number, code, moment in ((signal.SIGINT, 130, 0.3), (signal.SIGTERM, 143, 0.6)):
            command = LEARN if number == signal.SIGINT else ["--resume", "--quiet"]
            process = start([*command, "--out", out], env)
            proxy.wait_for(int(moment * calls), process)
            process.send_signal(number)
            got, err = finish(process)
            lib.check(got == code, "signal %d: exit code %s\n%s" % (number, got, err))
            lib.check("--resume --out " + out in err, "does not say how to go on:\n%s" % err)
            lib.check(proxy.count < calls, "ended before the signal")
        lib.expect(lib.run("--resume", "--out", out, env=env), 0)
        lib.check(proxy.count == calls, "a drained call was sent again")
        different = lib.same(expected, out)
        lib.check(not different, "differ: %s" % different)


def test_second_signal_does_not_wait():
    with lib.folder() as top, lib.rehearsal() as url, Proxy(url, 200) as proxy:
        process = start([*LEARN, "--out", os.path.join(top, "run")], lib.endpoint(proxy.url))
        proxy.wait_for(1, process)
        began = time.monotonic()
        while process.poll() is None:  # two that come before the first is seen are one
            process.send_signal(signal.SIGINT)
            lib.check(time.monotonic() - began < proxy.delay / 2, "waits for a call in flight")
            time.sleep(0.1)
        code, err = finish(process)
        lib.check(code == 130, "exit code %s\n%s" % (code, err))


def test_server_gone_in_the_middle():
    fast = ["--set", "agent.max_retries=2", "agent.retry_base_delay=0.01"]
    with lib.folder() as top, lib.rehearsal() as url, Proxy(url) as proxy:
        env = lib.endpoint(proxy.url, OPENAI_API_KEY="canary-0b55e1")
        expected = undisturbed(top, LEARN + fast, env, proxy)
        calls, out = len(recorded(expected)), os.path.join(top, "run")
        for part in (3, 2):
            proxy.count, proxy.limit = 0, calls // part
            command = ["--resume", "--retry-missing", "-q"] if os.path.isdir(out) else LEARN + fast
            result = lib.run(*command, "--out", out, env=env)
            lib.check(result.returncode in (3, 69), "exit code %d" % result.returncode)
            lib.check("--resume" in result.stderr, result.stderr)
            lib.check("canary-0b55e1" not in result.stderr, "the key was shown")
        proxy.limit = None
        lib.expect(lib.run("--resume", "--retry-missing", "--out", out, env=env), 0)
        different = lib.same(expected, out)
        lib.check(not different, "differ: %s" % different)


def missing_sample(out):
    rows = lib.lines(os.path.join(out, "epoch_0", "dev_runs.jsonl"))
    missing = [row for row in rows if row["is_correct"] is None]
    lib.check(len(missing) == 1 and len(rows) == 20, "%d missing of %d" % (len(missing), len(rows)))
    lib.check("refused for a test" in missing[0]["error"], missing[0]["error"])
    wrong = sum(row["is_correct"] is False for row in rows)
    events = lib.load(out, "epoch_0", "skill_updates.json")
    right = sum(event["batch_correct"] for event in events)
    lib.check(wrong + right == 19, "%d wrong and %d right of 19" % (wrong, right))


def test_missing_sample():
    """A sample that cannot be run makes another run of all that follows. Once it can be, a resume
    that asks for it ends where a run without the trouble ends: nothing of the other run is left."""
    with lib.folder() as top, lib.rehearsal() as url, Proxy(url) as proxy:
        env = lib.endpoint(proxy.url)
        expected, out = undisturbed(top, LEARN, env, proxy), os.path.join(top, "run")
        failed = next(row for row in lib.lines(os.path.join(expected, "epoch_0", "dev_runs.jsonl"))
                      if not row["is_correct"])
        task = failed["history"][0]["content"]
        needle = task[task.index("MRN"):][:20] if "MRN" in task else failed["instruction"]
        proxy.refuse = lambda text: needle in text
        result = lib.run(*LEARN, "--out", out, env=env)
        lib.expect(result, 3, "could not be run (bad_request", "--resume --retry-missing")
        missing_sample(out)
        before, count = lib.untimed(lib.tree(out)), proxy.count
        lib.check(not lib.load(out, "run.json")["complete"], "says it is complete")
        proxy.refuse = None
        lib.expect(lib.run("--resume", "--out", out, env=env), 3, "bad_request")
        lib.check(proxy.count == count, "a plain resume asked again")
        lib.check(lib.untimed(lib.tree(out)) == before, "a plain resume changed the run")
        lib.expect(lib.run("--resume", "--retry-missing", "--out", out, env=env), 0)
        different = lib.same(expected, out)
        lib.check(not different, "differ: %s" % different)


def rows_of(out):
    with open(os.path.join(out, "journal.jsonl"), "rb") as f:
        return f.read().splitlines(keepends=True)


def unfinished(top, env, proxy):
    out = os.path.join(top, "run")
    process = start([*LEARN, "--out", out], env)
    proxy.wait_for(60, process)
    # lines go to the journal many at a time
    while process.poll() is None and len(rows_of(out)) < 12:
        time.sleep(0.01)
    process.kill()
    finish(process)
    return out


def but_for_leftovers(files):
    """Without those that were being written when the process was killed."""
    return {name: data for name, data in files.items() if not name.endswith(".tmp")}


def test_torn_journal():
    with lib.folder() as top, lib.rehearsal() as url, Proxy(url, 0.002) as proxy:
        env = lib.endpoint(proxy.url)
        expected = undisturbed(top, LEARN, env, proxy)
        proxy.count = 0
        out = unfinished(top, env, proxy)
        path, rows = os.path.join(out, "journal.jsonl"), rows_of(out)
        with open(path, "wb") as f:
            f.writelines(rows[:10] + [rows[10][:25] + b"\n"] + rows[11:])
        before = but_for_leftovers(lib.tree(out))
        lib.expect(lib.run("--resume", "--out", out, env=env), 78, "journal.jsonl:11: ", "--resume")
        lib.check(lib.tree(out) == before, "a refused resume changed the run")
        with open(path, "wb") as f:  # as the error says; and a torn last line
            f.writelines(rows[:10] + rows[11:-1] + [rows[-1][:-20]])
        lib.expect(lib.run("--resume", "--out", out, env=env), 0)
        different = lib.same(expected, out)
        lib.check(not different, "differ: %s" % different)


def test_other_configuration():
    with lib.folder() as top:
        out = os.path.join(top, "run")
        lib.expect(lib.run(*lib.QUICKSTART, "--agent", "rehearsal", "--out", out), 0)
        before = lib.tree(out)
        for given, said in ((["cycle.seed=2"], "cycle.seed: 3 -> 2"),
                            (["task.val=3"], "task.val: (not set) -> 3"),
                            (["cycle.grpo_k=9", "cycle.epochs=8"], "cycle.epochs: 3 -> 8")):
            lib.expect(lib.run("--resume", "--out", out, "--set", *given), 78, said)
        lib.expect(lib.run("--resume", "--out", out, "--method", "none.so"), 78, "method.plugin")
        lib.expect(lib.run("--resume", "--out", out, "-j", "3"), 0)
        lib.expect(lib.run("--resume", "--out", os.path.join(top, "none")), 2, "no run to resume")
        lib.expect(lib.run("--resume"), 2, "--out")
        lib.expect(lib.run("eval", "--resume", "--out", out), 2, "grasp-host run --resume")
        lib.check(lib.tree(out) == before, "a finished run was changed")


def test_other_model():
    with lib.folder() as top, lib.rehearsal() as url, Proxy(url, 0.002) as proxy:
        out = unfinished(top, lib.endpoint(proxy.url, GRASP_MODEL="first"), proxy)
        result = lib.run("--resume", "--out", out, env=lib.endpoint(url, GRASP_MODEL="second"))
        lib.expect(result, 78, 'model: "first" -> "second"')
        lib.expect(lib.run("--resume", "--out", out, env=lib.endpoint(url, GRASP_MODEL="first")), 0)


def test_one_process_at_a_time():
    with lib.folder() as top, lib.rehearsal() as url, Proxy(url, 0.05) as proxy:
        env, out = lib.endpoint(proxy.url), os.path.join(top, "run")
        process = start([*LEARN, "--out", out], env)
        proxy.wait_for(5, process)
        proxy.delay = 600  # it is not over before it is killed
        lib.expect(lib.run("--resume", "--out", out, env=env), 75, "another process")
        process.kill()
        finish(process)


def test_files_may_not_grow():
    """As with `ulimit -f`, a full disk or a quota: where there is no room for the pending file the
    run does without, where there is none for the journal it stops, and goes on later."""
    run = [*lib.QUICKSTART, "--agent", "rehearsal", "--quiet"]
    with lib.folder() as top:
        expected, out = os.path.join(top, "expected"), os.path.join(top, "run")
        lib.expect(lib.run(*run, "--out", expected), 0)
        for most, code, args in ((40 << 10, 70, run), (80 << 10, 70, ["--resume", "--quiet"]),
                                 (3 << 20, 0, ["--resume", "--quiet"])):
            result = lib.run(*args, "--out", out, preexec_fn=lambda size=most: resource.setrlimit(
                resource.RLIMIT_FSIZE, (size, size)))
            lib.expect(result, code, *(["File too large", "--resume"] if code else []))
        different = lib.same(expected, out)
        lib.check(not different, "differ: %s" % different)


lib.main(test_kills, test_kills_in_duels, test_kills_of_an_evaluation, test_signals,
         test_second_signal_does_not_wait, test_server_gone_in_the_middle, test_missing_sample, test_torn_journal,
         test_other_configuration, test_other_model, test_one_process_at_a_time,
         test_files_may_not_grow)
