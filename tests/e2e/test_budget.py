"""Budgets over a real HTTP connection: what the server has counted never passes them, and a run that
was stopped by one goes on with a larger one to the same result. `test_budget.py BUILD full`: 2,000
budgets instead of 20."""
import concurrent.futures
import itertools
import json
import os
import random
import shutil
import sys
import threading

import lib

FULL = "full" in sys.argv[2:]
PROCESSES = 2000 if FULL else 8 if lib.SLOW else 20
PARALLEL = 3
PRICES = "local: {input: 3, cached_input: 0.3, output: 15}\nbig-model: {input: 40, output: 200}\n"
WRITER = ("client: chat\nbase_url: ${OPENAI_BASE_URL}\nmodel: big-model\nmax_tokens: 400\n"
          "temperature: 0.7\n")
SMALL = ["--agent", "local", "--set", "agent.max_tokens=400"]


class Counter(lib.Fault):
    """Passes requests on to the rehearsal, and says that the reply had a random size."""

    def __init__(self, url, seed):
        self.behind = url
        self.random = random.Random(seed)
        self.lock = threading.Lock()
        self.calls = self.prompt = self.cached = self.completion = 0
        self.picodollars = 0
        self.models = set()
        super().__init__(self.forward, keep=True)

    def forward(self, client, request):
        body = json.loads(request[1])
        reply = json.loads(lib.fetch(self.behind + "/chat/completions", request[1].decode())[1])
        with self.lock:
            prompt = reply["usage"]["prompt_tokens"]
            cached = self.random.randrange(prompt + 1)
            completion = self.random.randrange(body["max_tokens"] + 1)
            self.calls += 1
            self.prompt += prompt
            self.cached += cached
            self.completion += completion
            self.models.add(body["model"])
            first, later, out = (40, 40, 200) if body["model"] == "big-model" else (3, 0.3, 15)
            self.picodollars += round(((prompt - cached) * first + cached * later
                                       + completion * out) * 1e6)
        reply["usage"] = {"prompt_tokens": prompt, "completion_tokens": completion,
                          "prompt_tokens_details": {"cached_tokens": cached}}
        text = json.dumps(reply)
        client.sendall(lib.answer("200 OK", text).replace(b"Connection: close\r\n", b""))

    def cost(self):
        return self.picodollars / 1e12


def stopped(out, args, env, more, jobs):
    """Begins or resumes a run under a budget: 4 if that stopped it, 0 if it sufficed."""
    begun = os.path.exists(os.path.join(out, "config.yaml"))
    command = ["--resume"] if begun else [*lib.QUICKSTART, *SMALL, *more]
    result = lib.run(*command, "-j", str(jobs), "--out", out, *args, env=env)
    lib.check(result.returncode in (0, 4), "exit code %d\n%s" % (result.returncode, result.stderr))
    if result.returncode == 4:
        for needle in ("the budget is reached", "next would have been", "--resume", "so far:"):
            lib.check(needle in result.stderr, "does not say %r:\n%s" % (needle, result.stderr))
        lib.whole(out)
        lib.load(out, "ledger.json")
    return result.returncode


def check_whole(number, top, url):
    """A run under a budget that stops it, then under larger ones until one suffices; returns how
    many processes that took."""
    rng = random.Random("budget %d" % number)
    prices, writer = os.path.join(top, "prices.yaml"), os.path.join(top, "writer.yaml")
    more = ["--writer-agent", writer] if number % 2 else []
    more += ["--set", "cycle.epochs=%d" % (1 if FULL else 2)]
    out = os.path.join(top, "run%d" % number)
    with Counter(url, number) as server:
        env = lib.endpoint(server.url)
        calls, tokens, cost, processes = 0, 0, 0.0, 0
        while True:  # the server's counts are of all processes together
            calls += rng.randrange(1, 300)
            tokens += rng.randrange(3000, 200000)
            cost += rng.uniform(0.01, 1)
            args = ["--prices", prices, "--max-calls", str(calls), "--max-tokens", str(tokens),
                    "--max-cost", "%.6f" % cost]
            code = stopped(out, args, env, more, rng.choice((1, 3, 16, 64)))
            processes += 1
            lib.check(server.calls <= calls, "%d of %d calls" % (server.calls, calls))
            used = server.prompt + server.completion
            lib.check(used <= tokens, "%d of %d tokens" % (used, tokens))
            lib.check(server.cost() <= cost + 1e-9, "$%f of $%f" % (server.cost(), cost))
            if code == 0:
                break
        check_ledger(out, server)
        lib.check(("big-model" in server.models) == bool(more[:1] == ["--writer-agent"]),
                  str(server.models))
    shutil.rmtree(out)
    return processes


def test_never_exceeded():
    with lib.folder() as top, lib.rehearsal() as url:
        for name, text in (("prices.yaml", PRICES), ("writer.yaml", WRITER)):
            with open(os.path.join(top, name), "w", encoding="utf-8") as f:
                f.write(text)
        numbers, processes = itertools.count(), 0
        with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
            while processes < PROCESSES:
                batch = [pool.submit(check_whole, number, top, url)
                         for number in itertools.islice(numbers, PARALLEL * 2)]
                processes += sum(done.result() for done in batch)
        if FULL:
            print("%d processes in %d runs: never exceeded" % (processes, next(numbers)))


def check_ledger(out, server):
    """The ledger is the server's bill."""
    rows = [row for phase, roles in lib.load(out, "ledger.json").items() if phase != "timing"
            for row in roles.values()]
    for key, count in (("calls", server.calls), ("prompt_tokens", server.prompt),
                       ("cached_tokens", server.cached),
                       ("completion_tokens", server.completion)):
        got = sum(row[key] for row in rows)
        lib.check(got == count, "%s: ledger %d, server %d" % (key, got, count))
    lib.check(abs(sum(row["cost"] for row in rows) - server.cost()) < 1e-6, "cost")


def test_same_result_in_the_end():
    with lib.folder() as top:
        expected, out = os.path.join(top, "expected"), os.path.join(top, "run")
        args = [*lib.QUICKSTART, "--agent", "rehearsal"]
        lib.expect(lib.run(*args, "--out", expected), 0, "Used", "executor")
        lib.expect(lib.run(*args, "--out", out, "--max-calls", "70"), 4, "70 of 70 calls")
        lib.expect(lib.run("--resume", "--out", out), 4, "70 of 70 calls")
        lib.expect(lib.run("--resume", "--out", out, "--max-tokens", "100000"), 4)
        lib.expect(lib.run("--resume", "--out", out, "--max-calls", "100000", "--max-tokens",
                           "99999999"), 0)
        different = lib.same(expected, out, ignore=("config.yaml",))
        lib.check(not different, "differ: %s" % different)


def test_evaluation():
    with lib.folder() as top:
        out = os.path.join(top, "eval")
        args = ["eval", "-t", "quickstart.so", "-a", "rehearsal", "-s", "test", "-o", out]
        lib.expect(lib.run(*args, "--max-tokens", "4000"), 4, "of 4000 tokens", "next would have")
        lib.expect(lib.run("eval", "--resume", "-o", out, "--max-tokens", "400000"), 0)


def test_what_cannot_be_kept():
    env = lib.endpoint("http://127.0.0.1:9/v1", OSS_API_BASE="http://127.0.0.1:9/v1")
    base = [*lib.QUICKSTART, "--agent", "local"]
    with lib.folder() as top:
        out = os.path.join(top, "run")
        prices, known = os.path.join(top, "p.yaml"), os.path.join(top, "known.yaml")
        with open(known, "w", encoding="utf-8") as f:
            f.write(PRICES)
        for args, code, needles in (
                (["--max-cost", "5"], 78, ["max_cost needs prices", "local"]),
                (["--max-cost", "5", "--writer-agent", "rehearsal"], 78,
                 ["max_cost needs prices", "local"]),
                (["--max-cost", "5", "--judge-agent", "gptoss", "--prices", known], 78,
                 ["max_cost needs prices", "gptoss"]),
                (["--max-cost", "much"], 2, ["--max-cost"]),
                (["--max-calls", "-1"], 2, ["--max-calls"]),
                (["--set", "max_tokens=many"], 78, ["max_tokens"]),
                (["--max-tokens", "5", "--set", "agent.max_tokens=0"], 78, ["bound on each reply"]),
                (["--prices", prices], 78, ["p.yaml"])):
            lib.expect(lib.run(*base, "--out", out, *args, env=env), code, *needles)
            lib.check(not os.path.exists(out), "a run directory was made")


lib.main(test_never_exceeded, test_same_result_in_the_end, test_evaluation, test_what_cannot_be_kept)
