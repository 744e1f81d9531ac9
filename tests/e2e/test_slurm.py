"""A sweep as a job array of a real Slurm: a node that is lost, a time limit that is reached and an
array that is cancelled cost nothing that was paid, and the result is that of a sweep at home."""
import collections
import json
import os
import time

import lib
from proxy import Proxy
from slurm_site import Site, missing

GRID = """
axes:
  task: [quickstart]
  method: [grasp]
  agent: [local]
  cycle.epochs: [1, 2]
  seed: [1, 2]
set: {concurrency: 2, agent_temperature: 0.5}
parallel: 6
"""
SLURM = GRID + """
executor: slurm
slurm: {partition: all, cpus: 1, sbatch: ["--comment=test"], prelude: ["export PRELUDE=1"]}
"""
# A minute is the shortest time there is; whether it is near its end is looked at twice a minute.
SHORT = SLURM.replace("cpus: 1", "cpus: 1, time: 60, stop_before: 59")


Undisturbed = collections.namedtuple("Undisturbed", "out calls")


def write(top, name, text):
    path = os.path.join(top, name)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def sweep(site, file, out, env, *args):
    env = dict(env, SLURM_CONF=site.env["SLURM_CONF"], PATH=site.env["PATH"])
    return lib.run("sweep", file, "--out", out, *args, env=env)


def status(site, file, out, env):
    result = sweep(site, file, out, env, "--status", "--json")
    lib.expect(result, 0)
    return {cell["name"]: cell["state"] for cell in json.loads(result.stdout)["cells"]}


def tasks(site):
    """Task -> (state, node) of what is in the queue."""
    rows = site.run("squeue", "-h", "-r", "-o", "%K %T %N").stdout.splitlines()
    return {row.split()[0]: row.split()[1:] for row in rows}


def wait(site, holds, what, seconds=600):
    end = time.monotonic() + seconds
    while not holds():
        lib.check(time.monotonic() < end, "no %s within %d s\n%s" % (what, seconds, logs(site)))
        time.sleep(0.2)
        site.release()


def logs(site):
    return site.run("squeue", "-l").stdout + site.run("sinfo", "-N", "-l").stdout


def is_empty(site):
    return lambda: not tasks(site)


def restarted(site):
    return lambda: any(int(count) > 0 for count in site.run(
        "squeue", "-h", "-r", "-t", "running", "-O", "RestartCnt").stdout.split())


def paid_once(proxy, expected, in_flight):
    """Requests that the server had, but for those that were in flight at a kill, against those that
    the undisturbed sweep needed."""
    lib.check(0 <= proxy.count - expected.calls <= in_flight,
              "%d requests for %d calls" % (proxy.count, expected.calls))


def compare(expected, out, what):
    """Run directories and tables, byte for byte."""
    for name in sorted(os.listdir(os.path.join(expected.out, "cells"))):
        different = lib.same(*(os.path.join(top, "cells", name) for top in (expected.out, out)))
        lib.check(not different, "%s: %s: differ: %s" % (what, name, different))
    for form in ("text", "csv", "json"):
        made = [lib.run("tables", top, "--format", form).stdout for top in (expected.out, out)]
        lib.check(made[0] == made[1], "%s: tables differ:\n%s\n%s" % (what, *made))


def lose_a_node(site, top, env, proxy, expected):
    file, out = write(top, "grid.yaml", SLURM), os.path.join(top, "out 100%A 'ü'")
    lib.expect(sweep(site, file, out, env), 0, "Array 1: 6 cells")
    lib.expect(sweep(site, file, out, env), 75, "still has 6 tasks in the queue", "scancel 1")
    wait(site, lambda: "n1" in [task[1] for task in tasks(site).values() if len(task) > 1],
         "task on n1")
    begun = proxy.count
    wait(site, lambda: proxy.count > begun + 20, "work")
    found = status(site, file, out, env)
    lib.check("running" in found.values(), "status while the array runs: %s" % found)
    site.kill_node("n1")
    wait(site, is_empty(site), "end of the array")
    found = status(site, file, out, env)
    lib.check(set(found.values()) == {"done"}, "after a node was lost: %s" % found)
    compare(expected, out, "a node was lost")
    paid_once(proxy, expected, 4)
    lib.expect(sweep(site, file, out, env), 0, "Nothing is left to do")
    site.start_node("n1")


def run_out_of_time(site, top, env, proxy, expected):
    """Slow replies: no cell can end before its time limit. Then the array is cancelled, and the
    rest handed in again."""
    file, out = write(top, "short.yaml", SHORT), os.path.join(top, "short")
    proxy.delay, proxy.count = 0.6, 0
    lib.expect(sweep(site, file, out, env), 0, "Array 7: 6 cells")
    wait(site, restarted(site), "task that goes on after its time limit")
    site.run("scancel", "7")
    wait(site, is_empty(site), "end of what was cancelled")
    found = status(site, file, out, env)
    lib.check("stopped" in found.values() or "waiting" in found.values(), str(found))
    proxy.delay = 0
    result = sweep(site, file, out, env)
    lib.expect(result, 0, "cells, a task each")
    wait(site, is_empty(site), "end of the array")
    compare(expected, out, "time limits and scancel")
    paid_once(proxy, expected, 12)


def test_slurm():
    with lib.folder() as top, lib.rehearsal() as url, Proxy(url) as proxy:
        env = lib.endpoint(proxy.url)
        home = os.path.join(top, "home")
        lib.expect(lib.run("sweep", write(top, "home.yaml", GRID), "--out", home, env=env), 0,
                   "6 cells done")
        expected = Undisturbed(home, proxy.count)
        proxy.delay, proxy.count = 0.05, 0
        with Site(os.path.join(top, "slurm"), down=8) as site:
            lose_a_node(site, top, env, proxy, expected)
            if lib.SLOW:
                return
            run_out_of_time(site, top, env, proxy, expected)


def test_refusals():
    with lib.folder() as top:
        out = os.path.join(top, "out")
        for old, new, needles in (
                ("partition: all", "partitoin: all", ("slurm.partitoin", "mean 'partition'")),
                ("cpus: 1", "cpus: none", ("slurm.cpus", "whole number")),
                ("partition: all", "partition: a b", ("slurm.partition", "one word")),
                ('["--comment=test"]', "--comment=test", ("slurm.sbatch", "list of lines"))):
            file = write(top, "bad.yaml", SLURM.replace(old, new).replace("local", "rehearsal"))
            lib.expect(lib.run("sweep", file, "--out", out), 78, "bad.yaml:", *needles)
        file = write(top, "grid.yaml", SLURM.replace("local", "rehearsal"))
        nowhere = lib.environment(PATH=top)
        lib.expect(lib.run("sweep", file, "--out", out, env=nowhere), 69, "slurm-client")
        lib.expect(lib.run("sweep", file, "--out", out, "--executor", "slrm"), 2, "local nor slurm")
        lib.expect(lib.run("sweep", file, "--out", out, "-e", "slurm", "--shard", "1/2"), 2,
                   "--shard")
        lib.expect(lib.run("sweep", file, "--out", out, "-e", "slurm", "-p", "3"), 2, "parallel")
        lib.expect(lib.run("sweep", file, "--out", out, "--quiet", "-e", "local"), 0)


if missing():
    print("skipped: Slurm (package %s) is not installed" % missing())
    lib.main(skipped=True)
lib.main(test_refusals, test_slurm)
