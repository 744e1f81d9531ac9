#!/usr/bin/env python3
"""Who may include whom.

Each layer of host/ sees only itself and those before it; only host/plugin sees the SDK; plugins
see the SDK and plugins/common; libraries are included by one source file each. The FHIR store is a
library that plugins and the command that serves it share: its public header needs libc only, and
the store itself nothing but the texts and pools beside it.
"""
import collections
import re
import subprocess
import sys

LAYERS = ["base", "io", "model", "plugin", "run", "stats", "results", "sweep", "cli"]
LIBRARIES = {
    "json-c": {"json.h", "json-c/json.h", "json_object.h", "json_tokener.h"},
    "libyaml": {"yaml.h"},
    "libcurl": {"curl/curl.h"},
    "libuv": {"uv.h"},
    "sqlite": {"sqlite3.h"},
    "libmicrohttpd": {"microhttpd.h"},
    "zlib": {"zlib.h"},
}
STORE = "plugins/common/fhir/"
STORE_HEADER = "common/fhir/fhir.h"
COHORT_HEADER = "common/cohort/roster.h"
MIMIC_HEADER = "common/mimic/mimic.h"
STORE_NEEDS = {"common/embedded.h", "common/pool.h", "common/slice.h", "common/text.h"}
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]', re.M)


def faults_of(path, quote, name):
    parts = path.split("/")
    if parts[0] == "sdk":
        if name.split("/")[0] == "grasp" or name in ("stddef.h", "stdint.h", "stdarg.h", "stdio.h",
                                                     "string.h"):
            return None
        if parts[1] == "template" and name == "stdlib.h":
            return None
        return "the SDK depends on libc only"
    if parts[0] == "host":
        if name.startswith("grasp/"):
            return None if parts[1] == "plugin" else "only host/plugin includes the SDK"
        if quote == '"':
            if name in (STORE_HEADER, COHORT_HEADER, MIMIC_HEADER) and parts[1] == "cli":
                return None
            first = name.split("/")[0]
            if first in LAYERS and LAYERS.index(first) > LAYERS.index(parts[1]):
                return "layer %s does not see %s" % (parts[1], first)
            if first not in LAYERS:
                return "includes are written from host/: layer/file.h"
    if path == "plugins/" + STORE_HEADER and (quote == '"' or "/" in name):
        return "the store's header depends on libc only"
    if path == "plugins/" + COHORT_HEADER and quote == '"' and name != "common/cohort/cohort.h":
        return "the cohort's headers depend on libc only"
    if path == "plugins/" + MIMIC_HEADER and quote == '"':
        return "the mimic's header depends on libc only"
    if path.startswith(STORE) and quote == '"' and "/" in name and name not in STORE_NEEDS:
        return "the store needs only itself and " + ", ".join(sorted(STORE_NEEDS))
    if parts[0] == "plugins" and quote == '"':
        if name.split("/")[0] in LAYERS:
            return "plugins do not see the host"
    return None


def main():
    files = subprocess.run(["git", "ls-files", "*.c", "*.h"], check=True, capture_output=True,
                           text=True).stdout.split()
    bad = []
    users = collections.defaultdict(set)
    for path in files:
        with open(path, encoding="utf-8") as f:
            text = f.read()
        for quote, name in INCLUDE.findall(text):
            fault = faults_of(path, quote, name)
            if fault:
                bad.append("%s: includes %s: %s" % (path, name, fault))
            for library, headers in LIBRARIES.items():
                if quote == "<" and name in headers and not path.startswith("tests/"):
                    users[library, path.split("/")[0]].add(path)
    for (library, side), paths in sorted(users.items()):
        if len(paths) > 1:
            bad.append("%s is included by more than one file of %s: %s"
                       % (library, side, ", ".join(sorted(paths))))
    print("\n".join(bad), end="\n" if bad else "")
    return 1 if bad else 0


sys.exit(main())
