"""OS Interaction through the whole program: concurrency, learning, what is left behind."""
import json
import os
import signal
import subprocess
import time

import lib

TASK = ["-t", "agentbench.so:os"]
SMALL = ["--set", "cycle.epochs=1"]


def run(out, method, *args):
    return lib.run(*TASK, "-m", method, "-a", "rehearsal", "--out", out, *args)


def rows(out):
    """The runs of a finished run directory, by file."""
    found = {}
    for top, _, names in os.walk(out):
        for name in names:
            if name.endswith("_runs.jsonl"):
                path = os.path.join(top, name)
                with open(path, encoding="utf-8") as f:
                    found[os.path.relpath(path, out)] = f.read()
    return found


def test_concurrency(top):
    outs = []
    for concurrency in (1, 16):
        out = os.path.join(top, "c%d" % concurrency)
        lib.expect(run(out, "none.so", "--set", "cycle.batch_concurrency=%d" % concurrency), 0)
        outs.append(rows(out))
    lib.check(outs[0] == outs[1], "one episode at a time gives other runs than sixteen")
    lines = [json.loads(line) for line in outs[0]["baseline/val_runs.jsonl"].splitlines()]
    lib.check(0 < sum(line["is_correct"] for line in lines) < len(lines), "all right, or all wrong")


def test_learning(top):
    for method in ("expel.so", "grasp.so"):
        out = os.path.join(top, method)
        lib.expect(run(out, method, *SMALL), 0)
        with open(os.path.join(out, "val_scores.json"), encoding="utf-8") as f:
            text = f.read()
        scores = [json.loads(line)["is_correct"] for line in
                  rows(out)["epoch_0/val_runs.jsonl"].splitlines()]
        before = [json.loads(line)["is_correct"] for line in
                  rows(out)["baseline/val_runs.jsonl"].splitlines()]
        lib.check(sum(scores) > sum(before), "%s does not learn: %s" % (method, text))


def test_text_protocol(top):
    out = os.path.join(top, "text")
    lib.expect(run(out, "none.so", "--set", "task.protocol=text"), 0)


def test_regrade(top):
    out = os.path.join(top, "c1")
    lib.expect(lib.run("regrade", out), 0, "0 verdicts changed")


def descendants(pid):
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/%s/stat" % name, encoding="utf-8", errors="replace") as f:
                    parent = int(f.read().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
            children.setdefault(parent, []).append(int(name))
    found, todo = [], [pid]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def is_there(pid):
    try:
        with open("/proc/%d/stat" % pid, encoding="utf-8", errors="replace") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_killed(top):
    """Kill -9 in the middle: nothing runs on, nothing is mounted."""
    with open("/proc/self/mounts", encoding="utf-8") as f:
        mounts = f.read()
    host = subprocess.Popen([lib.HOST, *TASK, "-m", "none.so", "-a", "rehearsal", "--out",
                             os.path.join(top, "killed")], env=lib.environment(),
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seen = []
    while host.poll() is None and len(seen) < 6:
        seen = descendants(host.pid)
        time.sleep(0.01)
    host.send_signal(signal.SIGKILL)
    host.wait()
    for _ in range(1000):
        if not any(is_there(pid) for pid in seen):
            break
        time.sleep(0.02)
    left = [pid for pid in seen if is_there(pid)]
    lib.check(not left, "processes outlive the host: %s" % left)
    with open("/proc/self/mounts", encoding="utf-8") as f:
        lib.check(f.read() == mounts, "something is mounted that was not before")
    lib.expect(run(os.path.join(top, "killed"), "none.so", "--resume"), 0)
    lib.check(rows(os.path.join(top, "killed")) == rows(os.path.join(top, "c1")),
              "a run that was killed and resumed is another one")


def test_errors(top):
    lib.expect(run(os.path.join(top, "e"), "none.so", "--set", "task.root=/no/such"), 78,
               "tools/os_root.sh")
    lib.expect(run(os.path.join(top, "e"), "none.so", "--set", "task.data=/no/such"), 78, "data")


def main():
    with lib.folder() as top:
        first = run(os.path.join(top, "first"), "none.so", "--dry-run")
        if first.returncode == 69:
            print("skipped: " + first.stderr.strip())
            return 77
        lib.expect(first, 0)
        for test in (test_concurrency, test_regrade, test_learning, test_text_protocol,
                     test_killed, test_errors):
            test(top)
    return 0


raise SystemExit(main())
