#!/usr/bin/env python3
"""Compares GRASP's default with `compat: reference`: wall time, model calls, rollouts, skills kept.

    benchmarks/perf/learning.py [--build DIR] [--delay MS] [--jobs N] [--seeds N]

Both learn the quickstart from the rehearsal model behind HTTP, where every answer takes the given
time, with the same configuration and seeds. Prints Markdown.
"""
import argparse
import http.client
import http.server
import json
import os
import subprocess
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def slow_proxy(port, delay):
    """A server that gives the answers of the one on `port`, each after `delay` seconds."""
    local = threading.local()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            due = time.monotonic() + delay
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if not hasattr(local, "connection"):
                local.connection = http.client.HTTPConnection("127.0.0.1", port)
            local.connection.request("POST", self.path, body, {"Content-Type": "application/json"})
            reply = local.connection.getresponse()
            text = reply.read()
            time.sleep(max(0, due - time.monotonic()))
            self.server.count += 1
            self.wfile.write(b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\n"
                             b"Content-Length: %d\r\n\r\n%s" % (reply.status, len(text), text))

        def log_message(self, *args):
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 1024
        count = 0

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def learn(build, port, compat, jobs, seed, out):
    command = [os.path.join(build, "host", "grasp-host"), "run", "-t", "quickstart.so",
               "-m", "grasp.so", "-a", "local", "-o", out, "-j", str(jobs), "--quiet",
               "--config", os.path.join(ROOT, "benchmarks", "quickstart", "grasp.yaml"),
               "--set", "cycle.seed=%d" % seed, "cycle.update_every=100"]
    if compat:
        command += ["--set", "compat=reference"]
    env = dict(os.environ, OPENAI_BASE_URL="http://127.0.0.1:%d/v1" % port,
               GRASP_PLUGIN_PATH=os.path.join(build, "plugins"))
    began = time.monotonic()
    subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


def kept(out):
    folder = os.path.join(out, "skills", "learned")
    return sorted(name[:-3] for name in os.listdir(folder) if name.endswith(".md"))


def last_score(out):
    with open(os.path.join(out, "val_scores.json"), encoding="utf-8") as f:
        rows = json.load(f)
    return max(row["score"] for row in rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--delay", type=int, default=200, help="milliseconds per answer")
    parser.add_argument("--jobs", type=int, default=64)
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    brain = subprocess.Popen([os.path.join(args.build, "host", "grasp-host"), "rehearse", "--json",
                              "-t", "quickstart.so", "-m", "grasp.so"], stdout=subprocess.PIPE,
                             env=dict(os.environ,
                                      GRASP_PLUGIN_PATH=os.path.join(args.build, "plugins")))
    port = int(json.loads(brain.stdout.readline())["url"].split(":")[2].split("/")[0])
    server = slow_proxy(port, args.delay / 1000)
    print("| seed | mode | seconds | model calls | best validation | skills at the end |")
    print("|---|---|---|---|---|---|")
    total = {}
    try:
        with tempfile.TemporaryDirectory(prefix="grasp-perf-") as top:
            for seed in range(1, args.seeds + 1):
                for mode in ("reference", "default"):
                    server.count = 0
                    out = os.path.join(top, "%s%d" % (mode, seed))
                    seconds = learn(args.build, server.server_port, mode == "reference", args.jobs,
                                    seed, out)
                    sums = total.setdefault(mode, [0, 0])
                    sums[0] += seconds
                    sums[1] += server.count
                    print("| %d | %s | %.1f | %d | %.2f | %s |" % (
                        seed, mode, seconds, server.count, last_score(out), ", ".join(kept(out))),
                          flush=True)
    finally:
        brain.terminate()
    print("\ndefault / reference: %.0f %% of the time, %.0f %% of the calls"
          % tuple(100 * total["default"][i] / total["reference"][i] for i in (0, 1)))


main()
