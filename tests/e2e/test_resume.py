"""kill -9 at random moments, each followed by --resume: the run directory ends up as if nothing had
happened, and no call whose reply was recorded is sent again."""
import collections
import hashlib
import json
import os
import random
import signal
import subprocess
import threading
import time
import urllib.request

import lib

KILLS = 10 if lib.SLOW else 50


class Proxy(lib.Fault):
    """Passes requests on to the rehearsal model, a little slowly, and remembers them."""

    def __init__(self, url, delay):
        self.behind = url
        self.delay = delay
        self.seen = collections.Counter()
        self.lock = threading.Lock()
        super().__init__(self.forward, keep=True)

    def forward(self, client, request):
        body = request[1]
        with self.lock:
            self.seen[hashlib.sha256(body).hexdigest()] += 1
        time.sleep(self.delay)
        ask = urllib.request.Request(self.behind + "/chat/completions", body,
                                     {"Content-Type": "application/json"})
        with urllib.request.urlopen(ask) as reply:
            text = reply.read()
        client.sendall(("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                        "Content-Length: %d\r\n\r\n" % len(text)).encode() + text)


def recorded_calls(out):
    """Places of completed calls that the journal holds whole."""
    places = set()
    path = os.path.join(out, "journal.jsonl")
    if not os.path.exists(path):
        return places
    with open(path, "rb") as f:
        for line in f.read().split(b"\n")[:-1]:
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if entry.get("t") == "call":
                places.add(entry["k"])
    return places


def start(args, env):
    return subprocess.Popen([lib.HOST, *args], env=env, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)


def test_kills():
    rng = random.Random(20261124)
    with lib.folder() as top, lib.rehearsal() as url, Proxy(url, 0.002) as proxy:
        env = lib.endpoint(proxy.url)
        expected = os.path.join(top, "expected")
        args = [*lib.QUICKSTART, "--agent", "local", "-j", "8", "--quiet"]
        began = time.monotonic()
        lib.expect(lib.run(*args, "--out", expected, env=env), 0)
        seconds = time.monotonic() - began
        total = sum(proxy.seen.values())
        calls = len(recorded_calls(expected))
        lib.check(total == calls, "%d requests for %d calls" % (total, calls))

        kills = runs = 0
        while kills < KILLS:
            runs += 1
            out = os.path.join(top, "run%d" % runs)
            proxy.seen.clear()
            sent_in_vain = 0
            command = [*args, "--out", out]
            while True:
                before = sum(proxy.seen.values())
                had = len(recorded_calls(out))
                process = start(command, env)
                try:
                    code = process.wait(rng.uniform(0.01, seconds * 0.6))
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGKILL)
                    process.wait()
                    code = None
                time.sleep(0.02)
                sent = sum(proxy.seen.values()) - before
                gained = len(recorded_calls(out)) - had
                # what was in flight at the kill may have to be asked again, nothing else
                lib.check(0 <= sent - gained <= 8 + 1,
                          "sent %d calls, recorded %d" % (sent, gained))
                sent_in_vain += sent - gained
                if code is not None:
                    lib.check(code == 0, "exit code %s" % code)
                    break
                kills += 1
                if os.path.exists(os.path.join(out, "config.yaml")):
                    command = ["--resume", "--out", out, "--quiet"]
                elif os.path.isdir(out):
                    os.rmdir(out)
            lib.check(sum(proxy.seen.values()) == calls + sent_in_vain,
                      "a recorded call was sent again")
            different = lib.same(expected, out)
            lib.check(not different, "after kills these differ: %s" % different)


def test_signals():
    with lib.folder() as top, lib.rehearsal() as url, Proxy(url, 0.02) as proxy:
        env = lib.endpoint(proxy.url)
        expected, out = os.path.join(top, "expected"), os.path.join(top, "run")
        args = [*lib.QUICKSTART, "--agent", "local", "-j", "4", "--quiet"]
        lib.expect(lib.run(*args, "--out", expected, env=env), 0)
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            command = args if number == signal.SIGINT else ["--resume", "--quiet"]
            process = start([*command, "--out", out], env)
            time.sleep(0.4)
            process.send_signal(number)
            lib.check(process.wait(30) == code, "signal %d: exit code %s" % (number,
                                                                             process.returncode))
        lib.expect(lib.run("--resume", "--out", out, env=env), 0)
        different = lib.same(expected, out)
        lib.check(not different, "differ: %s" % different)


def test_other_configuration():
    with lib.folder() as top:
        out = os.path.join(top, "run")
        lib.expect(lib.run(*lib.QUICKSTART, "--agent", "rehearsal", "--out", out), 0)
        before = lib.tree(out)
        lib.expect(lib.run("--resume", "--out", out, "--set", "cycle.seed=2"), 78,
                   "cycle.seed: 1 -> 2")
        lib.expect(lib.run("--resume", "--out", out, "-j", "3"), 0)
        lib.expect(lib.run("--resume", "--out", os.path.join(top, "none")), 2, "no run to resume")
        lib.check(lib.tree(out) == before, "a finished run was changed")


lib.main(test_kills, test_signals, test_other_configuration)
