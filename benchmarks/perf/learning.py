#!/usr/bin/env python3
"""Compares GRASP's default with `compat: reference`: wall time, model calls by phase, scores, skills.

    benchmarks/perf/learning.py [--build DIR] [--delay MS] [--jobs N] [--seeds N]
                                 [--config FILE] [--set KEY=VALUE ...]

Both learn the quickstart as `tools/quickstart.sh` configures it, tests included, from the rehearsal
model behind HTTP, where every answer takes the given time, with the same seeds. With
`--set cycle.update_every=100` there is one update per epoch, as in the reference's own quickstart;
with `--config ""` the program's own defaults hold. Prints Markdown.
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


def learn(args, port, compat, seed, out):
    command = [os.path.join(args.build, "host", "grasp-host"), "run", "-t", "quickstart.so",
               "-m", "grasp.so", "-a", "local", "-o", out, "-j", str(args.jobs), "--quiet",
               "--set", "agent_temperature=0.0", "cycle.seed=%d" % seed, *args.set]
    if args.config:
        command += ["--config", args.config]
    if compat:
        command += ["--set", "compat=reference"]
    env = dict(os.environ, OPENAI_BASE_URL="http://127.0.0.1:%d/v1" % port,
               GRASP_PLUGIN_PATH=os.path.join(args.build, "plugins"))
    began = time.monotonic()
    subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


def read(out, name):
    with open(os.path.join(out, name), encoding="utf-8") as f:
        return json.load(f)


PHASES = ("val", "dev", "learn", "probe", "test")


def calls(out):
    """Model calls by phase."""
    ledger = read(out, "ledger.json")
    return [sum(row["calls"] for row in ledger.get(phase, {}).values()) for phase in PHASES]


def kept(out):
    """The skills of the best checkpoint."""
    folder = os.path.join(out, "skills", "learned")
    return sorted(name[:-3] for name in os.listdir(folder) if name.endswith(".md"))


def best_score(out):
    return max(row["score"] for row in read(out, "val_scores.json"))


def measure(args, server, seed, mode, out):
    server.count = 0
    seconds = learn(args, server.server_port, mode == "reference", seed, out)
    by_phase = calls(out)
    assert sum(by_phase) == server.count, "the ledger counts other calls than the server"
    print("| %d | %s | %.1f | %s | %d | %.2f | %s |" % (
        seed, mode, seconds, " | ".join(map(str, by_phase)), server.count, best_score(out),
        ", ".join(kept(out))), flush=True)
    return seconds, server.count, best_score(out), len(kept(out)), by_phase


def print_ratio(rows):
    sums = {mode: [sum(row[i] for row in rows[mode]) for i in range(4)] for mode in rows}
    phases = {mode: [sum(row[4][i] for row in rows[mode]) for i in range(len(PHASES))]
              for mode in rows}
    print("\ndefault / reference: %.0f %% of the time, %.0f %% of the calls (%s)" % (
        100 * sums["default"][0] / sums["reference"][0],
        100 * sums["default"][1] / sums["reference"][1],
        ", ".join("%s %d / %d" % (PHASES[i], phases["default"][i], phases["reference"][i])
                  for i in range(len(PHASES)))))
    for mode in sums:
        print("%s: best validation %.2f, %.1f skills, on average" % (
            mode, sums[mode][2] / len(rows[mode]), sums[mode][3] / len(rows[mode])))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--delay", type=int, default=200, help="milliseconds per answer")
    parser.add_argument("--jobs", type=int, default=64)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--config", help="\"\": the program's own defaults",
                        default=os.path.join(ROOT, "benchmarks", "quickstart", "grasp.yaml"))
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE")
    args = parser.parse_args()
    brain = subprocess.Popen([os.path.join(args.build, "host", "grasp-host"), "rehearse", "--json",
                              "-t", "quickstart.so", "-m", "grasp.so"], stdout=subprocess.PIPE,
                             env=dict(os.environ,
                                      GRASP_PLUGIN_PATH=os.path.join(args.build, "plugins")))
    port = int(json.loads(brain.stdout.readline())["url"].split(":")[2].split("/")[0])
    server = slow_proxy(port, args.delay / 1000)
    print("| seed | mode | seconds | %s | calls | best validation | skills of the best checkpoint |" %
          " | ".join(PHASES))
    print("|---" * (6 + len(PHASES)) + "|")
    rows = {"reference": [], "default": []}
    try:
        with tempfile.TemporaryDirectory(prefix="grasp-perf-") as top:
            for seed in range(1, args.seeds + 1):
                for mode in rows:
                    out = os.path.join(top, "%s%d" % (mode, seed))
                    rows[mode].append(measure(args, server, seed, mode, out))
    finally:
        brain.terminate()
    print_ratio(rows)


main()
