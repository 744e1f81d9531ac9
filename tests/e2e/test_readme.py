"""The README's own task and own method, built out of tree against the installed SDK and run; and the
output that it shows."""
import os
import re
import subprocess

import build
import lib


def install(top):
    prefix = os.path.join(top, "prefix")
    subprocess.run(["meson", "install", "-C", lib.BUILD, "--no-rebuild", "--destdir", prefix],
                   check=True, capture_output=True)
    for base, _, files in os.walk(prefix):
        if "grasp-sdk.pc" in files:
            return prefix, base
    raise AssertionError("grasp-sdk.pc was not installed")


def test_examples():
    files = build.readme()
    lib.check(sorted(files) == ["notes.c", "sums.c"], "README has %s" % sorted(files))
    for name, code in files.items():
        lib.check(code.count("\n") < 100, "%s has %d lines" % (name, code.count("\n")))
    with lib.folder() as top:
        prefix, pc = install(top)
        env = dict(os.environ, PKG_CONFIG_PATH=pc, PKG_CONFIG_SYSROOT_DIR=prefix)
        flags = subprocess.run(["pkg-config", "--cflags", "grasp-sdk"], env=env, check=True,
                               capture_output=True, text=True).stdout.split()
        sums = build.plugin(top, "sums", files["sums.c"], flags)
        notes = build.plugin(top, "notes", files["notes.c"], flags)
        host = next(os.path.join(base, "grasp-host") for base, _, names in os.walk(prefix)
                    if "grasp-host" in names)
        check_runs(top, host, sums, notes)


def figures_of_use(row):
    """Calls and tokens change with every word of a prompt: the README's are of some day."""
    return re.sub(r" +\d+", " N", row) if " tokens in " in row else row


def test_output_shown():
    """The output shown in the README is what the quickstart prints, but for the folders."""
    with open(os.path.join(lib.ROOT, "README.md"), encoding="utf-8") as f:
        text = f.read()
    with lib.folder() as top:
        result = lib.run(*lib.QUICKSTART, "--agent", "rehearsal", "--out", os.path.join(top, "run"))
        shown = [figures_of_use(row) for row in text.splitlines()]
        for row in result.stdout.splitlines():
            if row and top not in row and "rehearsal" not in row and "say nothing" not in row:
                lib.check(figures_of_use("    " + row) in shown,
                          "the README does not show: %r" % row)


def check_runs(top, host, sums, notes):
    env = lib.environment()
    del env["GRASP_PLUGIN_PATH"]  # the installed program finds the installed plugins
    for number, (task, method, rises) in enumerate([
            (sums, "none.so", False), (sums, notes, True), ("quickstart.so", notes, True),
            (sums, "grasp.so", True)]):
        out = os.path.join(top, "run%d" % number)
        result = subprocess.run([host, "--task", task, "--method", method, "--agent", "rehearsal",
                                 "--out", out], env=env, capture_output=True, text=True, timeout=600)
        lib.expect(result, 0, "Learning curve")
        curve = lib.load(out, "val_scores.json")
        if rises:
            lib.check(curve[-1]["score"] > curve[0]["score"], "%s did not learn" % method)


build.need("cc", "pkg-config", "meson")
lib.main(test_examples, test_output_shown)
