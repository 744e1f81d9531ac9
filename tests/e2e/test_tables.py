"""The paper's tables from results/, from a folder in the release's layout, and from damaged files."""
import csv
import io
import json
import os
import re
import shutil

import lib

RESULTS = os.path.join(lib.ROOT, "results")
SHARED = os.path.join(os.environ.get("GRASP_SHARED") or os.path.join(lib.ROOT, "..", "shared"),
                      "results")
METHODS = ["No skills", "Seq. Memory", "Batch Memory", "ExpeL", "Evo-MedAgent", "SkillX", "GRASP"]
FIGURE = re.compile(r"\d+\.\d(?:±\d+\.\d)?|--(?=[!\s/]|$)")


def tables(*args, code=0):
    result = lib.run("tables", *args)
    lib.expect(result, code)
    return result


def cells(*args, code=0):
    rows = csv.DictReader(io.StringIO(tables(*args, "--format", "csv", code=code).stdout))
    return {(r["table"], r["group"], r["row"], r["benchmark"], r["column"]): r for r in rows}


def shared(name):
    path = os.path.join(SHARED, name)
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            return f.read()
    print("skipped: %s is not there" % path)
    return None


def figures(text):
    return FIGURE.findall(re.sub(r"±\s+", "±", text))


def blocks(text):
    """model or environment, and row -> printed figures"""
    out, group = {}, ""
    for row in text.splitlines():
        head = re.match(r"=== (\S+)", row)
        if head:
            group = head.group(1)
        label = next((m for m in METHODS if row.startswith(m + " ")), None)
        if label and figures(row):
            out[group, label] = figures(row)
    return out


def test_table_1():
    want = shared("reproduce_tables.txt")
    if want is None:
        return
    want = blocks(want.split("=== Non-medical")[0])
    lib.check(len(want) == 35, "%d rows recorded" % len(want))
    got = tables("1", RESULTS).stdout
    have = blocks(re.sub(r"^((gpt|deepseek|gemini)\S+)$", r"=== \1", got, flags=re.M))
    for key, row in want.items():
        lib.check(have.get(key) == row, "%s: %s, not %s" % (key, have.get(key), row))


def test_table_5():
    want = shared("reproduce_tables.txt")
    if want is None:
        return
    have = re.findall(r"^(\w+)\nGRASP\s+(\S+)\s+(\S+)$", tables("5", RESULTS).stdout, re.M)
    for name, base, best in have:
        lib.check(re.search(r"^%s +%s +%s$" % (name, base, best), want, re.M), "%s: %s %s"
                  % (name, base, best))
    lib.check(len(have) == 4, "%d environments" % len(have))


def our_key(r):
    """A recorded cell's place in our tables."""
    table, row, column = r["table"], r["row"], r["column"]
    if table == "1":
        model, method = row.split("|")
        benchmark, name = column.split("|")
        return "1", model, method, benchmark, "Val*" if name == "Val" else name
    if table == "2":
        model = row.replace(" executor", "")
        library, name = column.rsplit("|", 1)
        for pattern, label in (("own", "own library"), ("gemini", "gemini library"),
                               ("gpt-5.4 (cross", "gpt-5.4 library, earlier"),
                               ("gpt-5.4", "gpt-5.4 library"), ("gpt-oss", "gpt-oss library")):
            if library.startswith(pattern):
                return "2", model, label, "", name
    if table == "3":
        source, name = column.split("|")
        source = source.replace("source ", "").replace("-00*", "-00*")
        return "3", row.replace("target ", ""), \
            "own library" if source.startswith("self") else source, "", name
    if table in ("4", "App. sensitivity"):
        row = {"GRASP full (5 seeds)": "GRASP, all runs",
               "GRASP full (runs 1-3 = anchor)": "GRASP, runs 1 to 3"}.get(row, row)
        group, name = ("No skills", column[10:]) if column.startswith("No-skills") else ("", column)
        return table.replace("App. ", ""), "", row, group, name
    if table == "5":
        return "5", row, "GRASP", "", "No skills" if column == "No skills" else "Learned"
    model, _, method = row.partition(" executor, gpt-5.4-written ")
    return "cross-writer", model, method, "", column


def check_recorded(have):
    text = shared("results_tables.csv")
    if text is None:
        return
    rows = list(csv.DictReader(io.StringIO(text)))
    lib.check(len(rows) == 503, "%d cells recorded" % len(rows))
    for r in rows:
        key = our_key(r)
        cell = have.get(key)
        lib.check(cell is not None or r["n"] == "0", "no cell %s" % (key,))
        if r["n"] == "0":
            lib.check(cell is None or cell["n"] == "0", "%s is not empty" % (key,))
            continue
        lib.check(cell["n"] == r["n"], "%s: n %s, not %s" % (key, cell["n"], r["n"]))
        for name in ("mean", "sd"):
            want = r[name + "_pct"]
            lib.check((cell[name] == "") == (want == ""), "%s: %s" % (key, name))
            lib.check(not want or abs(float(cell[name]) - float(want)) <= 5.1e-5,
                      "%s: %s %s, not %s" % (key, name, cell[name], want))


def test_recorded_cells():
    check_recorded(cells(RESULTS))


def printed(cell):
    text = "%.1f" % float(cell["mean"]) if cell["n"] != "0" else "--"
    return text + ("±%.1f" % float(cell["sd"]) if cell["sd"] else "")


MODELS = {"oss": "gpt-oss-120b", "gemini": "gemini-3.1-flash-lite", "gpt54": "gpt-5.4-low"}


def place_234(label):
    """A line of the recorded tables 2, 3 and cross-writer: the row of ours."""
    target = re.match(r"(\S+Bench\S*) (?:<- (\S+)|(no skills))", label)
    if target:
        source = target.group(2)
        return "3", target.group(1), "no skills" if not source else \
            "own library" if source == "self" else source
    if label.endswith("no skills pooled"):
        return "2", MODELS[label.split()[0]], "no skills"
    model, _, library = re.match(r"(\w+) (executor) / (.*)", label).groups()
    if library.startswith("own"):
        return "2", MODELS[model], "own library"
    method = re.match(r"gpt54 (\w+)$", library)
    if method:
        return "cross-writer", MODELS[model], method.group(1)
    return "2", MODELS[model], {"gemini": "gemini library", "oss": "gpt-oss library",
                                "gpt5 (cross_benchmark)": "gpt-5.4 library, earlier"}.get(
                                    library, "gpt-5.4 library")


def test_tables_2_to_4():
    text = shared("results_tables234.txt")
    if text is None:
        return
    have = cells(RESULTS)
    seen = 0
    for row in text.splitlines():
        variant = re.match(r"(ablations|sensitivity) +(\w+) .*?\|.*?\|", row)
        if variant:
            table = "4" if variant.group(1) == "ablations" else "sensitivity"
            got = [printed(have[table, "", variant.group(2), g, c]) for g, c in (
                ("", "Val*"), ("", "Test"), ("", "OOD"), ("No skills", "Val"),
                ("No skills", "Test"), ("No skills", "OOD"))]
            want = figures(variant.group(0))
        elif re.search(r" n=\d+ +OOD", row):
            table, group, label = place_234(row[:46].strip())
            got = [printed(have[table, group, label, "", c]) if (table, group, label, "", c) in have
                   else "none" for c in ("Test", "OOD")]
            want = figures(row[46:])
        else:
            continue
        seen += 1
        lib.check(got == want, "%s: %s, not %s" % (row[:46].strip(), got, want))
    lib.check(seen == 16 + 11 + 13 + 30, "%d lines compared" % seen)


lib.main(test_table_1, test_table_5, test_recorded_cells, test_tables_2_to_4)
