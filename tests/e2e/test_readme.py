"""The README's own task and own method: extracted, built out of tree against the installed SDK, run."""
import os
import re
import shutil
import subprocess

import lib


def examples():
    with open(os.path.join(lib.ROOT, "README.md"), encoding="utf-8") as f:
        text = f.read()
    return dict(re.findall(r"<!-- file: (\S+) -->\n```c\n(.*?)```", text, re.S))


def install(top):
    prefix = os.path.join(top, "prefix")
    subprocess.run(["meson", "install", "-C", lib.BUILD, "--no-rebuild", "--destdir", prefix],
                   check=True, capture_output=True)
    for base, _, files in os.walk(prefix):
        if "grasp-sdk.pc" in files:
            return prefix, base
    raise AssertionError("grasp-sdk.pc was not installed")


def build(top, name, code, flags):
    lib.check(code.count("\n") < 100, "%s has %d lines" % (name, code.count("\n")))
    source = os.path.join(top, name)
    with open(source, "w", encoding="utf-8") as f:
        f.write(code)
    out = source.replace(".c", ".so")
    subprocess.run(["cc", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", *flags, "-o", out,
                    source], check=True)
    return out


def test_examples():
    files = examples()
    lib.check(sorted(files) == ["notes.c", "sums.c"], "README has %s" % sorted(files))
    with lib.folder() as top:
        prefix, pc = install(top)
        env = dict(os.environ, PKG_CONFIG_PATH=pc, PKG_CONFIG_SYSROOT_DIR=prefix)
        flags = subprocess.run(["pkg-config", "--cflags", "grasp-sdk"], env=env, check=True,
                               capture_output=True, text=True).stdout.split()
        sums = build(top, "sums.c", files["sums.c"], flags)
        notes = build(top, "notes.c", files["notes.c"], flags)
        host = next(os.path.join(base, "grasp-host") for base, _, names in os.walk(prefix)
                    if "grasp-host" in names)
        check_runs(top, host, sums, notes)


def check_runs(top, host, sums, notes):
    env = lib.environment()
    del env["GRASP_PLUGIN_PATH"]  # the installed program finds the installed plugins
    for number, (task, method, rises) in enumerate([
            (sums, "none.so", False), (sums, notes, True), ("quickstart.so", notes, True),
            (sums, "grasp.so", None)]):
        out = os.path.join(top, "run%d" % number)
        result = subprocess.run([host, "--task", task, "--method", method, "--agent", "rehearsal",
                                 "--out", out], env=env, capture_output=True, text=True, timeout=60)
        lib.expect(result, 0, "Learning curve")
        curve = lib.load(out, "val_scores.json")
        if rises:
            lib.check(curve[-1]["score"] > curve[0]["score"], "%s did not learn" % method)


for tool, package in (("cc", "gcc"), ("pkg-config", "pkg-config"), ("meson", "meson")):
    if not shutil.which(tool):
        print("skipped: no %s (package %s)" % (tool, package))
        raise SystemExit(77)
lib.main(test_examples)
