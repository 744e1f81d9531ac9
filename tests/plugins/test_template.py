"""The templates of the SDK, as an author meets them: copied out, built against the installed SDK,
checked, and run with the installed program. argv: BUILD LANGUAGE."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

import common

LANGUAGES = {  # -> compiler, package, task, method
    "c": ("cc", "gcc", "hunt", "tips"),
    "cpp": ("c++", "g++", "mirror", "tally"),
    "rust": ("rustc", "rustc", "vowels", "recent"),
}
LANGUAGE = sys.argv[2]
COMPILER, PACKAGE, TASK, METHOD = LANGUAGES[LANGUAGE]


def skip_without(tool, package):
    if not shutil.which(tool):
        print("skipped: no %s (package %s)" % (tool, package))
        sys.exit(77)


def installed(top):
    """The environment of somebody who has installed the SDK, and the installed program."""
    prefix = os.path.join(top, "prefix")
    subprocess.run(["meson", "install", "-C", common.BUILD, "--no-rebuild", "--destdir", prefix],
                   check=True, capture_output=True)
    found = {}
    for base, _, names in os.walk(prefix):
        for name in names:
            found[name] = base
    env = dict(os.environ)
    env.update(PKG_CONFIG_PATH=found["grasp-sdk.pc"], PKG_CONFIG_SYSROOT_DIR=prefix)
    # A variable of pkg-config does not get the sysroot that flags get.
    env["SDK_MAP"] = os.path.join(found["plugin.map"], "plugin.map")
    return env, os.path.join(found["grasp-host"], "grasp-host")


def build(top, env):
    folder = os.path.join(top, LANGUAGE)
    shutil.copytree(os.path.join(common.ROOT, "sdk", "template", LANGUAGE), folder)
    # What a shell passes on to the compilers here must not change what an author gets.
    for name in ("CFLAGS", "CXXFLAGS", "RUSTFLAGS", "MAKEFLAGS", "CC", "CXX"):
        env.pop(name, None)
    made = subprocess.run(["make", "-C", folder, "SDK_MAP=" + env.pop("SDK_MAP")], env=env,
                          capture_output=True, text=True)
    assert made.returncode == 0, made.stdout + made.stderr
    assert "warning" not in made.stderr, made.stderr
    return os.path.join(folder, TASK + ".so"), os.path.join(folder, METHOD + ".so")


def check(env, host, plugin):
    result = subprocess.run([host, "check", plugin, "--json"], env=env, capture_output=True,
                            text=True, timeout=600)
    document = json.loads(result.stdout)
    assert result.returncode == 0 and document["accepted"], common.shown(document)
    unhappy = [row for row in document["results"] if row["status"] == "warn"]
    assert not unhappy, unhappy


def learn(top, env, host, task, method):
    out = os.path.join(top, "run")
    result = subprocess.run([host, "--task", task, "--method", method, "--agent", "rehearsal",
                             "--out", out], env=env, capture_output=True, text=True, timeout=600)
    assert result.returncode == 0, result.stdout + result.stderr
    with open(os.path.join(out, "val_scores.json"), encoding="utf-8") as f:
        curve = [row["score"] for row in json.load(f)]
    assert curve[-1] > curve[0], "%s does not get better: %s" % (METHOD, curve)


for needed in ((COMPILER, PACKAGE), ("make", "make"), ("pkg-config", "pkg-config"),
               ("meson", "meson")):
    skip_without(*needed)
TOP = tempfile.mkdtemp(prefix="grasp-template-")
try:
    ENV, HOST = installed(TOP)
    PLUGINS = build(TOP, ENV)
    for plugin in PLUGINS:
        check(common.environment(), HOST, plugin)
    learn(TOP, common.environment(), HOST, *PLUGINS)
    print("ok      %s: built, checked, learned" % LANGUAGE)
finally:
    shutil.rmtree(TOP, ignore_errors=True)
