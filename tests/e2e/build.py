"""Plugins for the end-to-end tests: the README's, variants of them, and those in plugins/."""
import os
import re
import shutil
import subprocess

import lib

HERE = os.path.dirname(os.path.abspath(__file__))
FLAGS = ["-I" + os.path.join(lib.ROOT, "sdk", "include"), "-fvisibility=hidden"]


def readme():
    """File name -> text of the complete files in the README."""
    with open(os.path.join(lib.ROOT, "README.md"), encoding="utf-8") as f:
        text = f.read()
    return dict(re.findall(r"<!-- file: (\S+) -->\n```c\n(.*?)```", text, re.S))


def plugin(folder, name, code, flags=None):
    """Compiles one file; returns the path of the plugin."""
    source = os.path.join(folder, name + ".c")
    with open(source, "w", encoding="utf-8") as f:
        f.write(code)
    out = os.path.join(folder, name + ".so")
    subprocess.run(["cc", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", *(flags or FLAGS),
                    "-o", out, source], check=True)
    return out


def own(folder, name):
    with open(os.path.join(HERE, "plugins", name + ".c"), encoding="utf-8") as f:
        return plugin(folder, name, f.read())


def variant(folder, name, base, *changes):
    """A file of the README with some of its text replaced."""
    code = readme()[base]
    for old, new in changes:
        lib.check(code.count(old) == 1, "%s has %d times %r" % (base, code.count(old), old))
        code = code.replace(old, new)
    return plugin(folder, name, code)


def need(*tools):
    packages = {"cc": "gcc", "pkg-config": "pkg-config", "meson": "meson", "bwrap": "bubblewrap"}
    for tool in tools:
        if not shutil.which(tool):
            print("skipped: no %s (package %s)" % (tool, packages[tool]))
            raise SystemExit(77)
