"""kill -9 at random moments of whole runs, some with the journal torn at a random byte afterwards,
each followed by --resume: the run directory ends up as if nothing had happened, and no call whose
reply was recorded is sent again, as the server counts. `test_kills.py BUILD full`: 300 kills and 50
torn journals instead of 30 and 10."""
import concurrent.futures
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
PER_RUN = 5
PARALLEL = 3
# Above temperature 0 every call is sent with its seed, which tells the server which one it is.
RUN = [*lib.QUICKSTART, "--agent", "local", "-j", "8", "--quiet", "--set", "agent_temperature=0.5",
       "cycle.epochs=1", "method.gate=paired", "cycle.grpo_k=2", "cycle.grpo_eval_n=4", "agent.retry_base_delay=0.01"]


class Victim:
    """One run, killed again and again."""

    def __init__(self, server, top, number, torn, duration):
        self.server, self.torn, self.duration = server, torn, duration
        self.rng = random.Random("kills %d %s" % (number, torn))
        self.path = "slow-%s%d" % ("torn" if torn else "kill", number)
        self.out = os.path.join(top, self.path)
        self.env = lib.endpoint(server.url(self.path))

    def seeds(self):
        return self.server.seen(self.path).get("seeds", {})

    def command(self):
        begun = os.path.exists(os.path.join(self.out, "config.yaml"))
        return [lib.HOST, *(["--resume", "--quiet"] if begun else RUN), "--out", self.out]

    def start(self, seconds):
        """Runs for so long at most; true if it had to be killed."""
        known, before = recorded(self.out), self.seeds()
        process = subprocess.Popen(self.command(), env=self.env, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
        _, err = process.communicate()
        after = self.seeds()
        again = [seed for seed in known if after.get(str(seed), 0) > before.get(str(seed), 0)]
        lib.check(not again, "%s: %d recorded calls were sent again" % (self.path, len(again)))
        lib.check(process.returncode in (0, -9), "%s: exit code %s\n%s"
                  % (self.path, process.returncode, err))
        return process.returncode != 0

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


lib.main(test_kills)
