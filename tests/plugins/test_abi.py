"""The guard of the interface: what grows at the tail passes, nothing else does; a plugin of a later
minor, which has members that this host does not know, runs if it asks for them and is refused if
it does not."""
import os
import shutil
import subprocess
import sys
import tempfile

import common

TOP = tempfile.mkdtemp(prefix="grasp-abi-")
INCLUDE = os.path.join(common.ROOT, "sdk", "include")
SOURCES = os.path.join(common.ROOT, "tests", "plugins")
EMIT_FILES = "    int32_t (*emit_files)(grasp_call *call, const grasp_files *files);\n"
GROWN = EMIT_FILES + "    int32_t (*later)(grasp_call *call, uint64_t number);\n"

# name -> passes?, file, changes [(text, in its place)]
CHANGES = {
    "none": (True, "abi.h", []),
    "host grows at the tail": (True, "abi.h", [(EMIT_FILES, GROWN)]),
    "task grows at the tail": (True, "task.h", [
        ("    const void *(*extension)(grasp_str id);\n} grasp_task;",
         "    const void *(*extension)(grasp_str id);\n    uint64_t later;\n} grasp_task;")]),
    "reply grows at the tail": (True, "task.h", [
        ("    grasp_str finish_reason;\n", "    grasp_str finish_reason;\n    grasp_str later;\n")]),
    "a member in the middle": (False, "abi.h", [(EMIT_FILES, GROWN.split("\n")[1] + "\n" + EMIT_FILES)]),
    "a member first": (False, "task.h", [("    grasp_str text;\n", "    grasp_str later;\n    grasp_str text;\n")]),
    "another type": (False, "task.h", [("    int32_t kind;\n", "    uint32_t kind;\n")]),
    "a wider type": (False, "abi.h", [("    double score;\n", "    uint64_t score;\n")]),
    "another argument": (False, "task.h", [
        ("int32_t (*info)(grasp_call *call, void *self);",
         "int32_t (*info)(grasp_call *call, uint64_t self);")]),
    "two members change places": (False, "abi.h", [
        ("    grasp_str status;\n    grasp_str answer;\n    grasp_str raw;\n",
         "    double status;\n    grasp_str answer;\n    grasp_str raw;\n")]),
    "a member goes": (False, "abi.h", [(EMIT_FILES, "")]),
    "a frozen struct grows": (False, "abi.h", [
        ("    grasp_str name;\n    grasp_str text;\n} grasp_file;",
         "    grasp_str name;\n    grasp_str text;\n    uint64_t later;\n} grasp_file;")]),
    "growth that hides another change": (False, "abi.h", [
        (EMIT_FILES, GROWN), ("    int64_t (*now)(grasp_call *call);",
                              "    uint32_t (*now)(grasp_call *call);")]),
    "growth that hides an insertion": (False, "abi.h", [
        (EMIT_FILES, GROWN),
        ("    int64_t (*now)(grasp_call *call);",
         "    int64_t (*sooner)(grasp_call *call);\n    int64_t (*now)(grasp_call *call);")]),
}


def mutated(name, file, changes):
    """A copy of the headers with the changes made."""
    folder = os.path.join(TOP, name.replace(" ", "_"))
    shutil.copytree(INCLUDE, folder)
    path = os.path.join(folder, "grasp", file)
    with open(path, encoding="utf-8") as f:
        text = f.read()
    for old, new in changes:
        if text.count(old) != 1 and old not in text:
            raise AssertionError("%s has no %r" % (file, old))
        text = text.replace(old, new, 1)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return folder


def guard(name):
    passes, file, changes = CHANGES[name]
    result = subprocess.run([os.path.join(common.ROOT, "tests", "check", "abi.sh"), "check",
                             mutated(name, file, changes)], capture_output=True, text=True)
    if (result.returncode == 0) != passes:
        return "%s:\n%s%s" % ("refused" if passes else "passes", result.stdout, result.stderr)
    return None


LATER = """
#include "base/task.h"
static int32_t later_begin(grasp_call *call, void *self, grasp_str sample, uint64_t seed, void **out)
{
    int32_t status = good_begin(call, self, sample, seed, out);
    if (!status && %s)
        call->host->later(call, 1);
    return status;
}
#define TASK_BEGIN later_begin
#include "base/task_table.h"
"""


def later_plugin(name, condition, expected):
    headers = os.path.join(TOP, "later_" + name)
    if not os.path.exists(headers):
        headers = mutated("later_" + name, "abi.h", [
            (EMIT_FILES, GROWN), ("#define GRASP_ABI_MINOR 0", "#define GRASP_ABI_MINOR 1")])
    source, plugin = os.path.join(TOP, name + ".c"), os.path.join(TOP, name + ".so")
    with open(source, "w", encoding="utf-8") as f:
        f.write(LATER % condition)
    subprocess.run(["cc", "-shared", "-fPIC", "-fvisibility=hidden", "-I" + headers,
                    "-I" + SOURCES, "-o", plugin, source], check=True)
    code, document = common.check(plugin)
    if (code, common.broken_rules(document)) != expected:
        return "code %d, breaks %s%s" % (code, common.broken_rules(document),
                                         common.shown(document))
    return None


def one(name):
    if name == "a later plugin that asks":
        return later_plugin("asks", "GRASP_HAS(call->host, later)", (0, []))
    if name == "a later plugin that does not ask":
        return later_plugin("takes", "1", (5, ["R3"]))
    return guard(name)


NAMES = ["a later plugin that asks", "a later plugin that does not ask"]
if not shutil.which("cc"):
    print("skipped: no cc (package gcc)")
    sys.exit(77)
if shutil.which("abidiff"):
    NAMES = list(CHANGES) + NAMES
elif os.environ.get("CI"):
    print("skipped: no abidiff (package abigail-tools)")
    sys.exit(77)
else:
    print("without abidiff (package abigail-tools): the headers are not compared")
try:
    common.each(NAMES, one)
finally:
    shutil.rmtree(TOP, ignore_errors=True)
