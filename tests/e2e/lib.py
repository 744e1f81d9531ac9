"""What the end-to-end tests share: the program under test, run directories, servers.

Each test is a script: `test_x.py BUILD`. It ends with 0, 1, or 77 (skipped, with a line that says
what is missing).
"""
import contextlib
import glob
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else os.path.join(ROOT, "build")
HOST = os.path.join(BUILD, "host", "grasp-host")
CONFIG = os.path.join(ROOT, "benchmarks", "quickstart", "grasp.yaml")
QUICKSTART = ["--config", CONFIG, "--task", "quickstart.so", "--method", "grasp.so"]

MAX_WORD = (1 << 64) - 1

# Set when a sanitizer makes everything several times slower.
SLOW = os.environ.get("GRASP_TEST_SLOW") == "1"


def environment(**changes):
    env = {k: v for k, v in os.environ.items()
           if not k.startswith(("OPENAI_", "GRASP_", "LOCAL_", "OSS_", "DEEPSEEK_", "AZURE_",
                                "GOOGLE_", "GEMINI_", "GPT4_", "GPT5_", "VERTEXAI_"))}
    env["GRASP_PLUGIN_PATH"] = os.path.join(BUILD, "plugins")
    env["NO_COLOR"] = "1"
    env.update(changes)
    return env


def run(*args, host=HOST, env=None, timeout=600, **more):
    """Runs grasp-host; the result has returncode, stdout and stderr."""
    if "stdout" not in more:
        more["stdout"] = subprocess.PIPE
    return subprocess.run([host, *args], env=env or environment(), stderr=subprocess.PIPE,
                          text=True, timeout=timeout, errors="replace", **more)


def check(condition, text):
    if not condition:
        raise AssertionError(text)


def expect(result, code, *needles):
    """The exit code, one clear error, and what it must say."""
    text = result.stderr + (result.stdout or "")
    check(result.returncode == code,
          "exit code %s, not %s\n%s" % (result.returncode, code, text[-3000:]))
    for needle in needles:
        check(needle in text, "does not say %r:\n%s" % (needle, text[-3000:]))


def read(path):
    """The bytes of a file that may have gone."""
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError:
        return b""


def process_names(pid):
    """What a list of processes shows of it and its threads, and what a core dump is named after."""
    found = [read("/proc/%d/cmdline" % pid)]
    found += [read(path) for path in glob.glob("/proc/%d/task/*/comm" % pid)]
    with contextlib.suppress(OSError):
        found.append(os.readlink("/proc/%d/exe" % pid).encode())
    return b"\0".join(found)


@contextlib.contextmanager
def folder():
    path = tempfile.mkdtemp(prefix="grasp-e2e-")
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def rehearsal(*args):
    """`grasp-host rehearse` on a free port; gives its base URL."""
    server = subprocess.Popen(
        [HOST, "rehearse", "--task", "quickstart.so", "--method", "grasp.so", *args],
        env=environment(), stdout=subprocess.PIPE, text=True)
    try:
        line = server.stdout.readline()
        check("http://" in line, "rehearse did not start")
        yield line.split()[-1]
    finally:
        server.terminate()
        check(server.wait(200) == 0, "rehearse did not end well")


def endpoint(url, **more):
    return environment(OPENAI_BASE_URL=url, **more)


def fetch(url, body=None):
    """Status and text of a reply."""
    ask = urllib.request.Request(url, body.encode() if body else None)
    try:
        with urllib.request.urlopen(ask) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def requests_served(url):
    return json.loads(fetch(url.replace("/v1", "/stats"))[1])["requests"]


def tree(path):
    """Relative name -> bytes of every file below a folder; empty folders count too."""
    out = {}
    for base, folders, files in os.walk(path):
        for name in files:
            full = os.path.join(base, name)
            with open(full, "rb") as f:
                out[os.path.relpath(full, path)] = f.read()
        if not folders and not files:
            out[os.path.relpath(base, path) + "/"] = b""
    return out


def untimed(files):
    """The files of a tree without what ledger.json says of this process and its time."""
    if "ledger.json" in files:
        ledger = json.loads(files["ledger.json"])
        check(ledger.pop("timing"), "ledger.json has no timing")
        files["ledger.json"] = json.dumps(ledger).encode()
    return files


def same(a, b, ignore=()):
    """Differences between two run directories, as text."""
    left, right = untimed(tree(a)), untimed(tree(b))
    names = sorted(set(left) | set(right))
    return [name for name in names
            if name not in ignore and left.get(name) != right.get(name)]


def whole(path):
    """A run directory may end early, but holds no half-written file: every JSON file parses, every
    line of a JSONL file too, but for the last one of the journal."""
    for name, data in tree(path).items():
        check(not name.endswith(".tmp"), "left behind: %s" % name)
        rows = data.split(b"\n")
        if name.endswith(".json"):
            json.loads(data)
        elif name.endswith(".jsonl"):
            check(name == "journal.jsonl" or not rows[-1], "%s has a torn last line" % name)
            for row in rows[:-1]:
                json.loads(row)


def lines(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def mix(number, word):
    number ^= word
    return ((number << 29 | number >> 35) & MAX_WORD) * 0x9e3779b97f4a7c15 & MAX_WORD


def checksum(line):
    lanes, whole = [1, 2, 3, 4], len(line) // 32 * 32
    words = struct.unpack("%dQ" % (whole // 8), line[:whole])
    for i, word in enumerate(words):
        lanes[i % 4] = mix(lanes[i % 4], word)
    for word in struct.unpack("4Q", line[whole:].ljust(32, b"\0")):
        lanes[0] = mix(lanes[0], word)
    number = lanes[0]
    for word in (*lanes[1:], len(line)):
        number = mix(number, word)
    return number


def pending(path, area=2 << 20):
    """The lines that a killed run had on their way to its journal (host/run/spool.c)."""
    with open(path, "rb") as f:
        data = f.read()
    areas = []
    for start in range(0, len(data), area):
        magic, generation = struct.unpack_from("8sQ", data[start:start + 16].ljust(16, b"\0"))
        if magic == b"GHSPOOL1":
            areas.append((generation, data[start + 16:start + area]))
    for generation, text in sorted(areas):
        at = 0
        while len(text) - at > 16:
            known, size = struct.unpack_from("QQ", text, at)
            line = text[at + 16:at + 16 + size]
            if not line or mix(checksum(line), generation) != known:
                break
            yield line
            at += 16 + size


def journal(out):
    """The entries of a journal, pending ones included, in the order in which they were made. The
    last one of a place counts; a torn last line does not."""
    path, rows = os.path.join(out, "journal.jsonl"), []
    if os.path.exists(path):
        with open(path, "rb") as f:
            rows = f.read().split(b"\n")[1:-1]
    if os.path.exists(path + ".pending"):
        rows += pending(path + ".pending")
    return [json.loads(row) for row in rows]


def load(*parts):
    with open(os.path.join(*parts), encoding="utf-8") as f:
        return json.load(f)


class Fault:
    """A server that answers every request with the same bytes (or does what `reply` does with
    the socket), and counts."""

    def __init__(self, reply, keep=False):
        self.reply = reply
        self.count = 0
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = "http://127.0.0.1:%d/v1" % self.socket.getsockname()[1]
        self.open = True
        self.keep = keep
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while self.open:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    @staticmethod
    def read_request(client):
        data = b""
        while b"\r\n\r\n" not in data:
            more = client.recv(65536)
            if not more:
                return None
            data += more
        head, body = data.split(b"\r\n\r\n", 1)
        length = 0
        for row in head.split(b"\r\n"):
            if row.lower().startswith(b"content-length:"):
                length = int(row.split(b":")[1])
        while len(body) < length:
            more = client.recv(65536)
            if not more:
                return None
            body += more
        return head, body

    def serve(self, client):
        with client:
            try:
                while True:
                    request = self.read_request(client)
                    if request is None:
                        return
                    self.count += 1
                    if callable(self.reply):
                        self.reply(client, request)
                    else:
                        client.sendall(self.reply)
                    if not self.keep:
                        return
            except OSError:
                return

    def close(self):
        self.open = False
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def answer(status, body, content_type="application/json", extra=""):
    body = body if isinstance(body, bytes) else body.encode()
    return ("HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n%s\r\n"
            % (status, content_type, len(body), extra)).encode() + body


def completion(text):
    return json.dumps({"choices": [{"index": 0, "message": {"role": "assistant", "content": text},
                                    "finish_reason": "stop"}],
                       "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}})


def main(*tests, skipped=False):
    """Runs tests and ends the program; skipped: others could not be run."""
    failed = 0
    for test in tests:
        started = time.monotonic()
        try:
            test()
            print("ok      %s (%.1f s)" % (test.__name__, time.monotonic() - started), flush=True)
        except Exception as error:  # each test is reported, whatever it raised
            failed += 1
            print("FAILED  %s: %s: %s" % (test.__name__, type(error).__name__, error), flush=True)
    sys.exit(1 if failed else 77 if skipped else 0)
