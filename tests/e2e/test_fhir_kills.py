"""kill -9 of grasp-host amid the agent's Python: nothing of it is left running or on disk, and the
resumed run ends as if nothing had happened."""
import glob
import os
import random
import signal
import subprocess
import time

import lib

KILLS = 4
IDLE = 3  # bubblewrap, its init, the server; more: code runs
RUN = ["run", "-t", "fhir_agent.so", "-m", "memory.so", "-a", "rehearsal", "--quiet", "-j", "8", "--set",
       "task.patients=4", "task.dev_limit=12", "task.val_limit=8", "task.test_limit=6",
       "cycle.epochs=1", "cycle.update_every=6", "cycle.seed=5"]


def parents():
    """pid -> pid of its parent, of all processes."""
    found = {}
    for path in glob.glob("/proc/[0-9]*/stat"):
        fields = lib.read(path).rpartition(b")")[2].split()
        if len(fields) > 1 and fields[0] != b"Z":
            found[int(path.split("/")[2])] = int(fields[1])
    return found


def descendants(pid):
    """{pid: when it began} of all that came from it."""
    above, found = parents(), {}
    for child in above:
        at = child
        while at in above and at != pid:
            at = above[at]
        if at == pid and child != pid:
            found[child] = began(child)
    return found


def began(pid):
    fields = lib.read("/proc/%d/stat" % pid).rpartition(b")")[2].split()
    return fields[19] if len(fields) > 19 and fields[0] != b"Z" else None


def left_of(processes):
    return [pid for pid, since in processes.items() if since and began(pid) == since]


def kill_amid_code(out, env, least):
    """Kills the host while code runs and its journal has so many bytes; how many processes it had, or 0
    if it ended before."""
    journal = os.path.join(out, "journal.jsonl")
    command = ["--resume", "--quiet"] if os.path.exists(journal) else RUN
    process = subprocess.Popen([lib.HOST, *command, "--out", out], env=env, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    seen = {}
    while process.poll() is None:
        seen = descendants(process.pid)
        if len(seen) > IDLE and os.path.exists(journal) and os.path.getsize(journal) >= least:
            break
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=600)
    if process.returncode != -signal.SIGKILL:
        return 0
    end = time.monotonic() + 100
    while left_of(seen) and time.monotonic() < end:
        time.sleep(0.02)
    lib.check(not left_of(seen), "still running: %s" % [
        lib.read("/proc/%d/cmdline" % pid) for pid in left_of(seen)])
    lib.check(not os.listdir(env["TMPDIR"]), "still there: %s" % os.listdir(env["TMPDIR"]))
    return len(seen)


def test_kills():
    rng = random.Random(20261127)
    with lib.folder() as top:
        tmp = os.path.join(top, "tmp")
        os.mkdir(tmp)
        env = lib.environment(TMPDIR=tmp)
        expected, out = os.path.join(top, "expected"), os.path.join(top, "out")
        lib.expect(lib.run(*RUN, "--out", expected, env=env), 0)
        lib.check(not os.listdir(tmp), "left: %s" % os.listdir(tmp))
        size = os.path.getsize(os.path.join(expected, "journal.jsonl"))
        amid = [kill_amid_code(out, env, size * at)
                for at in sorted(rng.uniform(0.05, 0.35) for _ in range(KILLS))]
        lib.check(sum(map(bool, amid)) >= KILLS // 2, "kills that came in time: %s" % amid)
        lib.expect(lib.run("--resume", "--out", out, env=env), 0)
        different = lib.same(expected, out)
        lib.check(not different, "differ: %s" % different)


lib.main(test_kills)
