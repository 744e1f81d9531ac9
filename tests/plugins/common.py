"""What the tests of `grasp-host check` share. Each is a script: `test_x.py BUILD`."""
import concurrent.futures
import json
import os
import shutil
import subprocess
import sys

BUILD = os.path.abspath(sys.argv[1])
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HOST = os.path.join(BUILD, "host", "grasp-host")
PLUGINS = os.environ.get("GRASP_CHECK_PLUGINS", os.path.join(BUILD, "tests", "plugins"))


# The program under test has sanitizers in it.
SANITIZED = os.environ.get("GRASP_TEST_SLOW") == "1"


def environment(**more):
    env = {k: v for k, v in os.environ.items() if not k.startswith("GRASP_")}
    env.update(more)
    if SANITIZED and shutil.which("c++"):
        # A sanitizer takes exceptions over when the program starts, if there are any by then.
        path = subprocess.run(["c++", "-print-file-name=libstdc++.so.6"], capture_output=True,
                              text=True, check=True).stdout.strip()
        env["LD_PRELOAD"] = path
    return env


def path_of(name):
    return os.path.join(PLUGINS, "plugin_%s.so" % name)


def run(*args, timeout=600):
    env = environment(GRASP_PLUGIN_PATH=os.path.join(BUILD, "plugins"))
    return subprocess.run([HOST, "check", *args], env=env, capture_output=True, text=True,
                          errors="replace", timeout=timeout)


def check(path, *args):
    """The exit code and the document of `check --json`."""
    result = run(path, "--json", *args)
    if not result.stdout.startswith("{"):
        raise AssertionError("no JSON: code %d, %s" % (result.returncode, result.stderr[-2000:]))
    return result.returncode, json.loads(result.stdout)


def failures(document):
    return [row for row in document["results"] if row["status"] == "fail"]


def broken_rules(document):
    return sorted({rule for row in failures(document) for rule in row["rules"]})


def shown(document):
    return "".join("\n    %s %s: %s" % (",".join(row["rules"]), row["test"], row["seen"])
                   for row in failures(document))


def each(cases, function):
    """Runs function(case) for all, two at a time; it returns what is wrong, or None."""
    def guarded(case):
        try:
            return function(case)
        except Exception as error:  # each case is reported, whatever it raised
            return "%s: %s" % (type(error).__name__, error)

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for case, result in zip(cases, pool.map(guarded, cases)):
            if result:
                failed += 1
            print("%-8s%s%s" % ("FAILED" if result else "ok", case, ": " + result if result else ""),
                  flush=True)
    sys.exit(1 if failed else 0)
