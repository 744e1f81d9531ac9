"""kill -9 at random moments of whole runs, some with the journal torn at a random byte afterwards,
each followed by --resume: the run directory ends up as if nothing had happened, and no call whose
reply was recorded is sent again, as the server counts. The key is in nothing that a kill leaves.
`test_kills.py BUILD full`: 300 kills and 50 torn journals instead of 30 and 10, and 100 kills
instead of 10 in duels under noise."""
import collections
import concurrent.futures
import json
import os
import random
import subprocess
import sys
import time

import faultlib
import lib
from proxy import recorded

FULL = "full" in sys.argv[2:]
KILLS, TORN = (300, 50) if FULL else (15, 5) if lib.SLOW else (30, 10)
DUEL_KILLS = 100 if FULL else 5 if lib.SLOW else 10
PER_RUN = 5
PARALLEL = 3
# Above temperature 0 every call is sent with its seed, which tells the server which one it is.
RUN = [*lib.QUICKSTART, "--agent", "local", "-j", "8", "--quiet", "--set", "agent_temperature=0.5",
       "cycle.epochs=1", "method.gate=paired", "cycle.grpo_k=2", "cycle.grpo_eval_n=4", "agent.retry_base_delay=0.01"]
# Outcomes that flip, so that duels are lost too, and an edit that helps is found to break something
# and revised; what comes after an update begins before the duels that decide about it are over.
DUELS = [*lib.QUICKSTART, "--agent", "rehearsal", "--quiet", "--set", "agent_temperature=0.5",
         "rehearsal_noise=0.25", "cycle.epochs=2", "cycle.overlap=true", "method.gate=duel",
         "method.gate_break_weight=1000", "method.gate_looks=6"]


def run_for(command, env, seconds):
    """Exit code and errors of a process that is killed after so long."""
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
    _, err = process.communicate()
    return process.returncode, err


class Victim:
    """One run, killed again and again."""

    def __init__(self, server, top, number, torn, duration):
        self.server, self.torn, self.duration = server, torn, duration
        self.rng = random.Random("kills %d %s" % (number, torn))
        self.path = "slow-%s%d" % ("torn" if torn else "kill", number)
        self.out = os.path.join(top, self.path)
        self.env = lib.endpoint(server.url(self.path), OPENAI_API_KEY=faultlib.KEY)

    def seeds(self):
        return self.server.seen(self.path).get("seeds", {})

    def command(self):
        begun = os.path.exists(os.path.join(self.out, "config.yaml"))
        return [lib.HOST, *(["--resume", "--quiet"] if begun else RUN), "--out", self.out]

    def start(self, seconds):
        """Runs for so long at most; true if it had to be killed."""
        known, before = recorded(self.out), self.seeds()
        code, err = run_for(self.command(), self.env, seconds)
        after = self.seeds()
        again = [seed for seed in known if after.get(str(seed), 0) > before.get(str(seed), 0)]
        lib.check(not again, "%s: %d recorded calls were sent again" % (self.path, len(again)))
        lib.check(code in (0, -9), "%s: exit code %s\n%s" % (self.path, code, err))
        faultlib.check_secret("standard error", err)
        if os.path.isdir(self.out):
            faultlib.check_files(self.out)
        return code != 0

    def is_complete(self):
        path = os.path.join(self.out, "run.json")
        return os.path.exists(path) and lib.load(path)["complete"]

    def tear(self):
        journal = os.path.join(self.out, "journal.jsonl")
        # that of a complete run was on the disk before the run was called complete
        if os.path.exists(journal) and not self.is_complete():
            os.truncate(journal, self.rng.randint(0, os.path.getsize(journal)))

    def live(self, expected):
        """How often it was killed."""
        kills = 0
        while kills < PER_RUN and self.start(self.rng.uniform(0, self.duration)):
            kills += 1
            if self.torn:
                self.tear()
        while self.start(200):
            pass
        lib.whole(self.out)
        different = lib.same(expected, self.out)
        lib.check(not different, "%s, after %d kills, these differ: %s"
                  % (self.path, kills, different))
        return kills


def kill(server, top, expected, target, torn, duration):
    kills = runs = 0
    with concurrent.futures.ThreadPoolExecutor(PARALLEL) as threads:
        while kills < target:
            lib.check(runs < 3 * target, "only %d kills came in time" % kills)
            count = min(PARALLEL, -(-(target - kills) // PER_RUN))
            victims = [Victim(server, top, runs + i, torn, duration) for i in range(count)]
            kills += sum(threads.map(lambda victim: victim.live(expected), victims))
            runs += count
    print("        %d kills in %d runs" % (kills, runs))


def test_kills():
    with lib.folder() as top, faultlib.servers() as server:
        expected = os.path.join(top, "expected")
        began = time.monotonic()
        process = faultlib.run(RUN, server.url("slow-whole"), expected)
        lib.check(process.returncode == 0, process.stderr_text)
        duration = time.monotonic() - began
        sent = {int(seed) for seed in server.seen("slow-whole")["seeds"]}
        lib.check(sent == recorded(expected), "seeds of requests and places do not agree")
        kill(server, top, expected, KILLS, False, duration)
        kill(server, top, expected, TORN, True, duration)


def places(out):
    """How often the journal of an unfinished run holds each place."""
    try:
        with open(os.path.join(out, "journal.jsonl"), "rb") as f:
            rows = [json.loads(row) for row in f.read().split(b"\n")[1:-1]]
    except FileNotFoundError:
        rows = []
    return collections.Counter((row["t"], row["k"]) for row in rows)


def duels_at(jobs, out, seconds=200):
    """Runs or goes on for so long at most; true if it had to be killed."""
    begun = os.path.exists(os.path.join(out, "config.yaml"))
    command = ["--resume", "--quiet"] if begun else DUELS
    code, err = run_for([lib.HOST, *command, "-j", str(jobs), "--out", out], lib.environment(),
                        seconds)
    lib.check(code in (0, -9), "exit code %s\n%s" % (code, err))
    return code != 0


def test_kills_in_duels():
    """A decision that depended on when a reply came would show in what is asked next."""
    rng, duration = random.Random(5), 60
    with lib.folder() as top:
        outs = [os.path.join(top, "jobs%d" % jobs) for jobs in (1, 4, 64)]
        for jobs, out in zip((1, 4, 64), outs):
            began = time.monotonic()
            duels_at(jobs, out)
            duration = min(duration, time.monotonic() - began)
            different = lib.same(outs[0], out, ignore=("config.yaml",))
            lib.check(not different, "with %d side by side these differ: %s" % (jobs, different))
        with open(os.path.join(outs[0], "journal.jsonl"), encoding="utf-8") as f:
            lib.check('"k": "ahead/' in f.read(), "nothing went ahead")
        updates = [lib.load(outs[0], "epoch_%d" % epoch, "skill_updates.json") for epoch in range(2)]
        edits = [edit for epoch in updates for update in epoch for edit in update["grpo"]]
        lib.check(any(edit.get("contrastive_revision") for edit in edits), "nothing was revised")
        lib.check(any(edit["duels_lost"] for edit in edits), "no duel was lost")
        kills = runs = 0
        while kills < DUEL_KILLS:
            lib.check(runs < 3 * DUEL_KILLS, "only %d kills came in time" % kills)
            out, here = os.path.join(top, "killed%d" % runs), 0
            while here < PER_RUN and duels_at(64, out, rng.uniform(0, duration)):
                here += 1
                again = [place for place, count in places(out).items() if count > 1]
                lib.check(not again, "recorded calls were made again: %s" % again)
            duels_at(64, out)
            different = lib.same(outs[2], out)
            lib.check(not different, "after %d kills these differ: %s" % (here, different))
            kills, runs = kills + here, runs + 1
        print("        %d kills in %d runs of duels" % (kills, runs))


lib.main(test_kills, test_kills_in_duels)
