#!/usr/bin/env python3
"""Measures how much of a server's quota is used, and how much is refused.

    benchmarks/perf/limits.py [--build DIR] [--minutes N]

A server on this machine allows 600 requests and 200,000 tokens in any sliding minute and answers
429 beyond that. `grasp-host eval` runs against it with the quota in the preset (small calls, where
requests are scarce, and large ones, where tokens are), and without knowing anything, then counted
from the second minute on. All at once, each with a server of its own; the largest calls, of which
a run makes only 160, in four runs that count together. Prints Markdown.
"""
import argparse
import asyncio
import collections
import json
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
REQUESTS, TOKENS = 600, 200000
QUOTA = ["agent.requests_per_minute=%d" % REQUESTS, "agent.tokens_per_minute=%d" % TOKENS]


class Server:
    """Counts what it takes: requests and tokens of the last minute, a reply's too."""

    def __init__(self, tokens, latency, retry_after, seed):
        self.tokens, self.latency, self.retry_after = tokens, latency, retry_after
        self.random = random.Random(seed)
        self.taken = collections.deque()
        self.used = 0
        self.log = []  # when, tokens; 0 tokens: refused
        self.ready = threading.Event()
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.serve, daemon=True).start()
        self.ready.wait()

    def serve(self):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(
            asyncio.start_server(self.talk, "127.0.0.1", 0, backlog=1024))
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        self.loop.run_forever()

    def take(self, tokens):
        """None, or for how long to wait."""
        now = time.monotonic()
        while self.taken and self.taken[0][0] <= now - 60:
            self.used -= self.taken.popleft()[1]
        if len(self.taken) < REQUESTS and self.used + tokens <= TOKENS:
            self.taken.append((now, tokens))
            self.used += tokens
            self.log.append((now, tokens))
            return None
        self.log.append((now, 0))
        return self.taken[0][0] + 60 - now

    async def talk(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(int(row.split(b":")[1]) for row in head.split(b"\r\n")
                              if row.lower().startswith(b"content-length:"))
                body = await reader.readexactly(length)
                await self.answer(writer, body)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def answer(self, writer, body):
        prompt = self.random.randrange(*self.tokens) // 2
        completion = max(1, self.random.randrange(*self.tokens) - prompt)
        wait = self.take(prompt + completion)
        if wait is None:
            await asyncio.sleep(self.latency * self.random.uniform(0.5, 1.5))
            status, more = "200 OK", ""
            reply = {"choices": [{"index": 0, "finish_reason": "stop", "message":
                                  {"role": "assistant", "content": "FINISH([2.1])"}}],
                     "usage": {"prompt_tokens": prompt, "completion_tokens": completion}}
        else:
            status, reply = "429 Too Many Requests", {"error": {"message": "slow down"}}
            more = "Retry-After: %d\r\n" % math.ceil(wait) if self.retry_after else ""
        text = json.dumps(reply)
        writer.write(("HTTP/1.1 %s\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n"
                      "\r\n%s" % (status, more, len(text), text)).encode())


def scenario(build, top, name, seed, tokens, latency, known, retry_after, minutes, results):
    server = Server(tokens, latency, retry_after, seed)
    out = os.path.join(top, "%s_%d" % (name.replace(" ", "_"), seed))
    command = [os.path.join(build, "host", "grasp-host"), "eval", "-t", "quickstart.so", "-m",
               "none.so", "-a", "local", "-s", "val", "-j", "128", "-o", out, "--quiet",
               "--set", "task.val=%d" % (REQUESTS * (minutes + 2)), "task.query=preloaded",
               *(QUOTA if known else [])]
    env = dict(os.environ, OPENAI_BASE_URL="http://127.0.0.1:%d/v1" % server.port,
               GRASP_PLUGIN_PATH=os.path.join(build, "plugins"))
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    while not server.log and process.poll() is None:
        time.sleep(0.01)
    began = server.log[0][0]
    first = 0 if known else 1
    time.sleep((minutes + first) * 60)
    process.kill()
    process.wait()
    rows = [row for row in server.log
            if began + first * 60 <= row[0] < began + (minutes + first) * 60]
    took = [tokens for _, tokens in rows if tokens]
    share = max(len(took) / REQUESTS, sum(took) / TOKENS) / minutes
    results[name].append((share, len(rows) - len(took), len(rows)))
    shutil.rmtree(out, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--minutes", type=int, default=3)
    args = parser.parse_args()
    results, top = collections.defaultdict(list), tempfile.mkdtemp(prefix="grasp-limits-")
    cases = [("small calls", (200, 300), 1.0, True, True),
             ("large calls", (1500, 2500), 3.0, True, True),
             ("very large calls", (1000, 6000), 5.0, True, True),
             ("small and fast calls", (250, 320), 0.1, True, True),
             ("unknown", (250, 320), 1.0, False, True),
             ("unknown without Retry-After", (250, 320), 1.0, False, False)]
    threads = [threading.Thread(target=scenario,
                                args=(os.path.abspath(args.build), top, case[0], seed, *case[1:],
                                      args.minutes, results))
               for case in cases for seed in range(4 if case[0] == "very large calls" else 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shutil.rmtree(top)
    print("| | quota used | refused | of calls |\n|---|---|---|---|")
    for name, *_ in cases:
        shares, refused, calls = zip(*results[name])
        print("| %s | %.1f %% | %.2f %% | %d |"
              % (name, 100 * sum(shares) / len(shares), 100 * sum(refused) / sum(calls), sum(calls)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
