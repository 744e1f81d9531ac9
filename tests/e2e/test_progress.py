"""What a person sees while a run goes on: a line that moves on a terminal, a plain line every ten
seconds otherwise, what holds calls back, and what has been done when it is stopped."""
import concurrent.futures
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import lib
from proxy import Proxy

SLOWLY = ["eval", "-t", "quickstart.so", "-a", "local", "-s", "val", "-j", "4"]
PLAIN = re.compile(r"^val: \d+/\d+, \d+ right, \d+ calls, [\d.]+ calls/s, \$[\d.]+, "
                   r"limit: requests/min, (\d+ min )?\d+ s left$", re.M)


def environment(proxy, **changes):
    env = lib.endpoint(proxy.url, **changes)
    env.pop("CI", None)
    return env


def read_terminal(args, env, until, columns=100):
    """Runs on a pseudo-terminal until its output matches, then stops it with Ctrl-C."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen([lib.HOST, *args], env=env, stdin=follower, stdout=follower,
                               stderr=follower)
    os.close(follower)
    data, ends, stopped = b"", time.monotonic() + 200, False
    while time.monotonic() < ends:
        if not select.select([leader], [], [], 0.5)[0]:
            continue
        try:
            more = os.read(leader, 65536)
        except OSError:
            break
        if not more:
            break
        data += more
        if re.search(until, data) and not stopped:
            process.send_signal(signal.SIGINT)
            stopped = True
    code = process.wait(100)
    os.close(leader)
    return code, data.decode(errors="replace")


def plain_lines():
    with lib.folder() as top, lib.rehearsal() as url, Proxy(url) as proxy:
        prices = os.path.join(top, "prices.yaml")
        with open(prices, "w", encoding="utf-8") as f:
            f.write("local: {input: 1, output: 2}\n")
        out = os.path.join(top, "run")
        began = time.monotonic()
        result = lib.run(*SLOWLY, "-o", out, "--prices", prices, "--set", "task.val=5",
                         "agent.requests_per_minute=50", env=environment(proxy))
        took = time.monotonic() - began
        lib.expect(result, 0)
        rows = PLAIN.findall(result.stderr)
        lib.check(took > 11, "took only %.1f s" % took)
        lib.check(1 <= len(rows) <= took / 10, "%.1f s:\n%s" % (took, result.stderr))
        lib.check("\r" not in result.stderr and "\033" not in result.stderr, "cursor tricks")
        quiet = lib.run(*SLOWLY, "-o", out + "2", "--quiet", "--set", "task.val=2",
                        env=environment(proxy))
        lib.check(not quiet.stderr, "not quiet: " + quiet.stderr)


def terminal():
    with lib.folder() as top, lib.rehearsal() as url, Proxy(url, 0.05) as proxy:
        out = os.path.join(top, "run")
        args = [*SLOWLY, "-o", out, "--set", "task.val=200"]
        code, text = read_terminal(args, environment(proxy, TERM="xterm"), rb"\] ([2-9]\d|1\d\d)/200")
        lib.check(code == 130, "exit code %d\n%s" % (code, text[-1000:]))
        lib.check("\r\033[Kval [##" in text and "right, " in text, text[-2000:])
        lib.check("\r\033[Kinfo: finishing the calls in flight" in text and "so far:" in text, text[-2000:])
        shown = [row for row in text.split("\r\033[K") if row.startswith("val [")]
        lib.check(len(shown) > 2 and max(map(len, shown[:-1])) < 100, "lines wrap: %r" % shown[-3:])
        env = environment(proxy, TERM="dumb")
        code, text = read_terminal(["eval", "--resume", "-o", out], env, rb"never")
        lib.check(code == 0 and "\033" not in text, "cursor tricks on a dumb terminal: " + text)


def narrow_terminal():
    with lib.folder() as top, lib.rehearsal() as url, Proxy(url, 0.05) as proxy:
        args = [*SLOWLY, "-o", os.path.join(top, "run"), "--set", "task.val=200"]
        _, text = read_terminal(args, environment(proxy, TERM="xterm"), rb"\] \d\d/200", 40)
        shown = [row for row in text.split("\r\033[K") if row.startswith("val [")]
        lib.check(shown and max(map(len, shown[:-1])) < 40, "lines wrap: %r" % shown[-3:])


def stopped():
    """Each signal leaves a ledger of what was used, which a resumed run goes on with."""
    with lib.folder() as top, lib.rehearsal() as url, Proxy(url, 0.02) as proxy:
        out = os.path.join(top, "run")
        for number, code in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
            command = [*lib.QUICKSTART, "-a", "local", "-j", "4"]
            if os.path.exists(out):
                command = ["--resume"]
            moment = proxy.count + 60
            process = subprocess.Popen([lib.HOST, *command, "-o", out], env=environment(proxy),
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            proxy.wait_for(moment, process)
            process.send_signal(number)
            _, err = process.communicate(timeout=600)
            lib.check(process.returncode == code, "exit code %d\n%s" % (process.returncode, err))
            for needle in ("finishing the calls in flight", "so far: ", "--resume --out"):
                lib.check(needle in err, "does not say %r:\n%s" % (needle, err))
            lib.whole(out)
            ledger = lib.load(out, "ledger.json")
            ledger.pop("timing")
            calls = sum(row["calls"] for roles in ledger.values() for row in roles.values())
            # a call that was repeated by a probe is one reply of the journal, not two
            lib.check(0 < calls <= proxy.count, "%d of %d calls" % (calls, proxy.count))


def given_up():
    with lib.folder() as top, lib.rehearsal() as url, Proxy(url, 60) as proxy:
        out = os.path.join(top, "run")
        process = subprocess.Popen([lib.HOST, *SLOWLY, "-o", out], env=environment(proxy),
                                   stderr=subprocess.PIPE, text=True)
        proxy.wait_for(1, process)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=600)
        lib.check(process.returncode in (130, 143), err)
        lib.check("giving up the calls in flight" in err and "so far: 0 calls" in err, err)
        lib.load(out, "ledger.json")


def test_all_beside_the_slow_one():
    """A plain line takes its ten seconds: the others fit into them."""
    with concurrent.futures.ThreadPoolExecutor(2) as threads:
        plain = threads.submit(plain_lines)
        for test in (terminal, narrow_terminal, stopped, given_up):
            test()
        plain.result()


lib.main(test_all_beside_the_slow_one)
