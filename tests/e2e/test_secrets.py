"""The key reaches no file, no output, no name of a process, no core dump and no child process."""
import glob
import os
import resource
import signal
import subprocess
import threading

import build
import lib

KEY = "canary-c0ffee-31337"


def descendants(pid):
    """Processes below pid, from /proc."""
    parents = {}
    for path in glob.glob("/proc/[0-9]*/stat"):
        fields = lib.read(path).rpartition(b")")[2].split()
        if len(fields) > 1:
            parents[int(path.split("/")[2])] = int(fields[1])
    found, more = set(), {pid}
    while more:
        more = {child for child, parent in parents.items() if parent in more} - found
        found |= more
    return found


class Watch:
    """Looks at the names of a process, and at all of its children, until it ends."""

    def __init__(self, process):
        self.process = process
        self.children = {}
        self.command = b"".join(arg.encode() + b"\0" for arg in process.args)
        self.seen = b""
        self.thread = threading.Thread(target=self.look)
        self.thread.start()

    def look(self):
        while self.process.poll() is None:
            if KEY.encode() not in self.seen:
                self.seen = lib.process_names(self.process.pid) or self.seen
            for pid in descendants(self.process.pid):
                seen = self.children.setdefault(pid, {})
                command = lib.read("/proc/%d/cmdline" % pid)
                # between fork and exec a child is still the program itself, and so are a sanitizer's
                if command and command != self.command:
                    seen["cmdline"] = command
                    seen["names"] = lib.process_names(pid)
                    seen["environ"] = lib.read("/proc/%d/environ" % pid)


def check_clean(what, data):
    lib.check(KEY.encode() not in data, "the key is in %s" % what)


def start(args, env, **more):
    return subprocess.Popen([lib.HOST, *args], env=env, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, **more)


def watched(args, env, code):
    process = start(args, env)
    watch = Watch(process)
    out, err = process.communicate(timeout=600)
    watch.thread.join()
    lib.check(process.returncode == code, "exit code %d\n%s" % (process.returncode, err.decode()))
    check_clean("standard output", out)
    check_clean("standard error", err)
    check_clean("the names of the process", watch.seen)
    for seen in watch.children.values():
        for what, data in seen.items():
            check_clean("the %s of a child %r" % (what, seen["cmdline"]), data)
    return watch


def check_tree(out):
    for name, data in lib.tree(out).items():
        check_clean(name, data)


def test_learning_run():
    with lib.folder() as top, lib.rehearsal() as url:
        env, out = lib.endpoint(url, OPENAI_API_KEY=KEY), os.path.join(top, "run")
        watched([*lib.QUICKSTART, "--agent", "local", "-v", "--out", out], env, 0)
        check_tree(out)
        for args in (["regrade", out, "-v"], ["--resume", "--out", out, "--json"],
                     ["eval", "-t", "quickstart.so", "-a", "local", "-o", out + "2", "--json"],
                     ["-t", "quickstart.so", "-m", "grasp.so", "-a", "local", "--dry-run"],
                     ["list", "-v"]):
            watched(args, env, 0)
        check_tree(out + "2")


def test_children():
    with lib.folder() as top, lib.Fault(lib.answer("200 OK", lib.completion("seen"))) as server:
        peek, out = build.own(top, "peek"), os.path.join(top, "run")
        env = lib.endpoint(server.url, OPENAI_API_KEY=KEY)
        args = ["eval", "-t", peek, "-a", "local", "--out", out]
        watch = watched(args, env, 0)
        row = lib.lines(os.path.join(out, "val_runs.jsonl"))[0]
        text = row["history"][0]["content"]
        lib.check("PATH=" in text and "/bin/sh" in text, "the command did not look around: " + text)
        lib.check(any(seen.get("cmdline") for seen in watch.children.values()), "saw no child")
        check_tree(out)


def test_key_in_the_configuration():
    """A key written into the configuration is refused, for the configuration is stored."""
    with lib.folder() as top:
        for number, setting in enumerate((
                "agent.api_key=" + KEY, "agent.headers.Authorization=Bearer " + KEY,
                "agent.base_url=http://me:%s@127.0.0.1/v1" % KEY)):
            out = os.path.join(top, "run%d" % number)
            result = lib.run("-t", "quickstart.so", "-m", "none.so", "-a", "local", "--out", out,
                             "--set", setting)
            lib.expect(result, 78, "holds a secret", "${NAME}")
            check_clean("the error", result.stderr.encode())
            lib.check(not os.path.exists(out), "a run directory was made")


def test_check():
    """Tests of a plugin call no model, and run code that may be anybody's."""
    env = lib.environment(OPENAI_API_KEY=KEY, MY_OWN_TOKEN=KEY, GRASP_KEPT="kept-31337")
    watch = watched(["check", "quickstart.so"], env, 0)
    seen = [child["environ"] for child in watch.children.values() if child.get("environ")]
    lib.check(any(b"kept-31337" in environ for environ in seen), "saw no test")


def allow_cores():
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


def test_core_dump():
    """A program that crashes leaves no image of its memory, and no name that says the key."""
    asked, done = threading.Event(), threading.Event()

    def hang(*_):
        asked.set()
        done.wait(600)

    with lib.folder() as top, lib.Fault(hang) as server:
        env = lib.endpoint(server.url, OPENAI_API_KEY=KEY, TMPDIR=top, HOME=top)
        process = start([*lib.QUICKSTART, "--agent", "local", "--out", os.path.join(top, "run")],
                        env, cwd=top, preexec_fn=allow_cores)
        lib.check(asked.wait(600), "it asks nothing")
        check_clean("a name", lib.process_names(process.pid))
        limits = lib.read("/proc/%d/limits" % process.pid).decode().splitlines()
        core = next(line.split() for line in limits if line.startswith("Max core file size"))
        lib.check(core[4] == "0", "core dumps are allowed: %s" % core)
        process.send_signal(signal.SIGABRT)
        out, err = process.communicate(timeout=600)
        done.set()
        lib.check(process.returncode == -signal.SIGABRT, "exit code %d" % process.returncode)
        check_clean("the output", out + err)
        for name, data in lib.tree(top).items():
            lib.check(KEY not in name, "a file is named after the key: " + name)
            check_clean(name, data)


build.need("cc", "bwrap")
lib.main(test_learning_run, test_children, test_key_in_the_configuration, test_check,
         test_core_dump)
