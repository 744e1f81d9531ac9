"""What the fault tests share: the fault server, runs against it, and what must hold of them."""
import contextlib
import json
import os
import subprocess
import sys

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))

import lib  # noqa: E402  (its folder comes first)

SERVER = os.path.join(lib.BUILD, "tests", "fault", "fault_server")
SCRIPT = os.path.join(HERE, "faults.yaml")
KEY = "canary-7d1f00d5-fault"


class Server:
    """The fault server in front of a rehearsal at `behind`."""

    def __init__(self, behind, script=SCRIPT, port=0):
        self.process = subprocess.Popen([SERVER, script, behind, str(port)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        line = self.process.stdout.readline()
        lib.check("http://" in line, "the fault server did not start")
        self.root = line.split()[-1]

    def url(self, path):
        return "%s/%s/v1" % (self.root, path)

    def seen(self, path):
        return json.loads(lib.fetch("%s/%s/__seen" % (self.root, path))[1])

    def stop(self):
        self.process.stdin.close()
        lib.check(self.process.wait(200) == 0, "the fault server did not end well")
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


@contextlib.contextmanager
def servers():
    """A rehearsal with the fault server in front of it."""
    with lib.rehearsal() as behind, Server(behind) as server:
        yield server


def scripts():
    with open(SCRIPT, encoding="utf-8") as f:
        return yaml.safe_load(f)


def check_secret(what, text):
    data = text if isinstance(text, bytes) else text.encode()
    lib.check(KEY.encode() not in data, "the key is in %s" % what)


def check_files(folder):
    for name, data in lib.tree(folder).items():
        check_secret("a file's name", name)
        check_secret(name, data)


def run(args, url, out, timeout=600):
    """A run with the canary as its key; it shows up in nothing that the run leaves: the run
    directory, the folders for temporary and for the user's files, and the current one, where a
    core dump would be."""
    with lib.folder() as here:
        env = lib.endpoint(url, OPENAI_API_KEY=KEY, TMPDIR=here, HOME=here)
        process = subprocess.Popen([lib.HOST, *args, "--out", out], env=env, text=True, cwd=here,
                                   errors="replace", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            while True:
                check_secret("the list of processes", lib.process_names(process.pid))
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.stdout_text, process.stderr_text = process.communicate(timeout=0.5)
                    break
                timeout -= 0.5
                lib.check(timeout > 0, "it does not end")
        finally:
            process.kill()
        check_files(here)
    check_secret("standard output", process.stdout_text)
    check_secret("standard error", process.stderr_text)
    if os.path.isdir(out):
        lib.whole(out)
        check_files(out)
    return process


def journal(out):
    """Place -> the last entry of it."""
    return {entry["k"]: entry for entry in lib.journal(out)}


def check_scored(out):
    """Each sample that was scored was played to its end: all replies of its calls were answers, or
    what the task was told instead. Returns how often the latter."""
    entries, told = journal(out), 0
    for place, entry in entries.items():
        if entry["t"] != "episode":
            continue
        lib.check(entry["rollout"]["available"], "a missing sample is kept as played: " + place)
        for turn in range(entry["rollout"]["turns"]):
            call = entries.get("%s/c%d" % (place, turn))
            lib.check(call and call["t"] == "call", "scored without a reply: %s" % place)
            told += call["kind"] != 0
    for folder, _, files in os.walk(out):
        for name in files:
            if name.endswith("_runs.jsonl"):
                check_rows(os.path.join(folder, name), entries)
    return told


def check_rows(path, entries):
    played = {place.split("/")[-1] for place, entry in entries.items() if entry["t"] == "episode"}
    for row in lib.lines(path):
        error = row.get("error") or row.get("error_info")
        lib.check((row["is_correct"] is None) == bool(error), "%s: %s" % (path, str(row)[:300]))
        lib.check(row["is_correct"] is None or row["sample_id"] in played, "never played: %s" % row)
