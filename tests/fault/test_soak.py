"""A run that takes a day and a night, on a clock that need not be waited for: the server lets few
calls through, and half of what it is asked it refuses for minutes. The run ends as one without all
that does, byte for byte, and needs no more memory and no more open files at its end than in its
first hours."""
import os
import struct
import subprocess
import sys
import time

import faultlib
import lib

CLOCK = os.path.join(lib.BUILD, "tests", "fault", "libsoak_clock.so")
HOUR_US = 3600 * 1000000
HOURS = 24
RUN = [*lib.QUICKSTART, "--agent", "local", "-j", "8", "--quiet", "--set", "agent_temperature=0.5",
       "cycle.epochs=5", "cycle.grpo_k=2", "cycle.grpo_eval_n=4"]
SLOWLY = ["agent.requests_per_minute=0.5", "agent.max_retries=50"]


class Usage:
    """What a process needs now."""

    def __init__(self, pid):
        self.files = len(os.listdir("/proc/%d/fd" % pid))
        with open("/proc/%d/status" % pid, encoding="ascii") as f:
            self.kib = next(int(row.split()[1]) for row in f if row.startswith("RssAnon:"))


def watch(process, clock):
    """Usage once the run is four hours old, and the last one there was."""
    early = late = None
    while process.poll() is None:
        with open(clock, "rb") as f:
            now = struct.unpack("Q", f.read(8))[0]
        try:
            if now >= 4 * HOUR_US:
                late = Usage(process.pid)
                early = early or late
        except (FileNotFoundError, ProcessLookupError, StopIteration):
            break
        time.sleep(0.02)
    _, err = process.communicate()
    lib.check(process.returncode == 0, "exit code %s\n%s" % (process.returncode, err))
    lib.check(early, "it took less than four hours")
    return early, late, now / HOUR_US


def test_a_day():
    with lib.folder() as top, faultlib.servers() as server:
        expected, out = os.path.join(top, "expected"), os.path.join(top, "run")
        process = faultlib.run(RUN, server.url("good"), expected)
        lib.check(process.returncode == 0, process.stderr_text)
        clock = os.path.join(top, "clock")
        with open(clock, "wb") as f:
            f.write(bytes(8))
        env = lib.endpoint(server.url("soak"), LD_PRELOAD=CLOCK, GRASP_TEST_CLOCK=clock)
        process = subprocess.Popen([lib.HOST, *RUN, *SLOWLY, "--out", out], env=env, text=True,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        early, late, hours = watch(process, clock)
        seen = server.seen("soak")
        print("        %.1f hours, %d requests, %d faults; files %d -> %d, memory %d -> %d KiB"
              % (hours, seen["requests"], seen["faults"], early.files, late.files, early.kib,
                 late.kib))
        different = lib.same(expected, out, ["config.yaml"])
        lib.check(not different, "these differ: %s" % different)
        lib.check(hours >= HOURS, "only %.1f hours" % hours)
        lib.check(late.files <= early.files + 8, "open files: %d, %d" % (early.files, late.files))
        lib.check(late.kib <= early.kib + 6144, "memory: %d, %d KiB" % (early.kib, late.kib))


if lib.SLOW:
    print("skipped: a sanitizer keeps what is freed, and wants to be loaded first")
    sys.exit(77)
lib.main(test_a_day)
