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


def dump(path, value):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        json.dump(value, f, indent=2)


def score(r, **more):
    n, total = int(r["n_correct"]), int(r["n_total"])
    return dict(more, score=n / total, n_correct=n, n_total=total)


def write_transfer(top, r):
    fhir = r["benchmark"].startswith("FHIR")
    name = "id_test" if r["split"] == "id_test" and not fhir else "test"
    cross = [r["benchmark"]] if r["subsection"] == "cross_benchmark" else []
    base = os.path.join(top, "transfer", r["subsection"], *cross, r["run"])
    if r["subsection"].endswith("transfer_eval") or r["subsection"] == "cross_writer":
        dump(os.path.join(base, name + "_eval", "test_score.json"), score(r, split=name))
    else:
        dump(os.path.join(base, name + "_score.json"), score(r, split=name, skills_dir="x"))


def run_folder(top, r):
    parts = {"main": (r["model"], r["benchmark"], r["method"]), "nonmedical": (r["benchmark"],)}
    return os.path.join(top, r["section"], *parts.get(r["section"], (r["method"],)), r["run"])


def write_layout(top):
    """results/ as a folder in the layout of the release."""
    curves, tests = {}, {}
    with open(os.path.join(RESULTS, "curves.csv"), encoding="utf-8") as f:
        for r in csv.DictReader(f):
            curves.setdefault(run_folder(top, r), []).append(r)
    with open(os.path.join(RESULTS, "scores.csv"), encoding="utf-8") as f:
        for r in csv.DictReader(f):
            if r["section"] == "transfer":
                write_transfer(top, r)
            else:
                tests.setdefault(run_folder(top, r), []).append(r)
    for base, rows in curves.items():
        fhir = rows[0]["benchmark"].startswith("FHIR")
        value = [score(r, epoch=-1 if fhir and r["epoch"] == "baseline" else
                       r["epoch"] if r["epoch"] == "baseline" else int(r["epoch"])) for r in rows]
        if fhir:
            value = [{"epoch": v["epoch"], "score": v["score"]} for v in value]
        dump(os.path.join(base, "val_scores.json"), value)
        with open(os.path.join(base, "config.yaml"), "w", encoding="utf-8") as f:
            f.write("data:\n  val_limit: %s\n" % rows[0]["n_total"])
    for base, rows in tests.items():
        write_tests(base, rows)


def write_tests(base, rows):
    names = {"id_test": "id_test_eval_", "ood_test": "test_eval_"}
    if rows[0]["section"] == "nonmedical":
        for r in rows:
            dump(os.path.join(base, "test_score_%s.json" % r["checkpoint"]),
                 score(r, skills=r["checkpoint"]))
    elif rows[0]["benchmark"].startswith("FHIR"):
        for r in rows:
            dump(os.path.join(base, names[r["split"]] + r["checkpoint"], "test_score.json"),
                 score(r, split=r["split"]))
    else:
        dump(os.path.join(base, "test_scores.json"),
             {names[r["split"]] + r["checkpoint"]: score(r, split=r["split"]) for r in rows})


def test_layout():
    with lib.folder() as top:
        write_layout(top)
        have, want = cells(top), cells(RESULTS)
        lib.check(list(have) == list(want), "other cells: %s" % (set(have) ^ set(want)))
        for key, cell in want.items():
            for name in cell:
                same = cell[name] == have[key][name] or (
                    name in ("mean", "sd") and abs(float(cell[name]) - float(have[key][name])) < 1e-9)
                lib.check(same, "%s: %s %s, not %s" % (key, name, have[key][name], cell[name]))
        check_recorded(have)
        result = tables("1", top, "--verbose")
        lib.expect(result, 0, "has no test score; the run is left out",
                   "val_scores.json:")


def damaged(top, code, needle, marked, *args):
    """The problem is named with its place, the table is there, and only that cell is marked."""
    result = tables(*args, top, code=code)
    lib.expect(result, code, needle)
    have = cells(*args, top, code=code)
    for key in marked:
        lib.check(have[key]["marked"] == "1", "%s is not marked" % (key,))
    lib.check(have["1", "gpt-4.1", "GRASP", "MedAgentBench", "Test"]["marked"] == "0", "marked all")
    lib.check(FIGURE.search(result.stdout), "no table")


SMALL = ("section,subsection,model,benchmark,method,run,seed,%s,n_correct,n_total\n")
KEY = "main,,gpt-oss-120b,MedAgentBench,skill_cycle,run_001,1"
CELL = ("1", "gpt-oss-120b", "GRASP", "MedAgentBench", "Test")


def test_damaged_csv():
    cases = [(KEY + ",id_test,best,70,64", "scores.csv:2: 70 of 64 is no score"),
             (KEY + ",id_test,best,nan,64", "scores.csv:2: n_correct 'nan'"),
             (KEY + ",id_test,best,", "scores.csv:2: 10 fields instead of 11"),
             (KEY + ",id_test,best,3,99999999999999999999", "scores.csv:2: n_correct '3'"),
             (KEY + ",id_test,best,-1,64", "scores.csv:2: -1 of 64 is no score"),
             (KEY + ",id_tset,best,1,64", "scores.csv:2: unknown split 'id_tset'"),
             ("main,,,,,,,id_test,best,1,64", "scores.csv:2: does not say of which run")]
    other = "main,,gpt-4.1,MedAgentBench,skill_cycle,run_001,1"
    for row, needle in cases:
        with lib.folder() as top:
            with open(os.path.join(top, "scores.csv"), "w", encoding="utf-8") as f:
                f.write(SMALL % "split,checkpoint" + row + "\n" + KEY + ",id_test,baseline,3,64\n"
                        + other + ",id_test,best,50,64\n")
            with open(os.path.join(top, "curves.csv"), "w", encoding="utf-8") as f:
                f.write(SMALL % "epoch" + KEY + ",0,40,80\n" + other + ",0,50,80\n")
            damaged(top, 3, needle, [CELL] if row.startswith(KEY) else [], "1")


def test_mixed_sizes():
    with lib.folder() as top:
        with open(os.path.join(top, "scores.csv"), "w", encoding="utf-8") as f:
            f.write(SMALL % "split,checkpoint" + KEY + ",id_test,best,32,64\n"
                    + KEY.replace("run_001", "run_002") + ",id_test,best,30,60\n"
                    "main,,gpt-4.1,MedAgentBench,skill_cycle,run_001,1,id_test,best,50,64\n")
        with open(os.path.join(top, "curves.csv"), "w", encoding="utf-8") as f:
            f.write(SMALL % "epoch")
        damaged(top, 0, "scores.csv:3: scores 60 samples", [CELL], "1", "--verbose")


def test_damaged_layout():
    with lib.folder() as top:
        write_layout(top)
        for name in ("transfer", "ablations", "sensitivity", "nonmedical"):
            shutil.rmtree(os.path.join(top, name))
        damage_each(top)


def damage_each(top):
    base = os.path.join(top, "main", "gpt-oss-120b", "MedAgentBench", "skill_cycle", "run_001")

    def check(name, needle, change, key=CELL):
        path = os.path.join(base, name)
        with open(path, encoding="utf-8") as f:
            text = f.read()
        with open(path, "w", encoding="utf-8") as f:
            f.write(change(text))
        damaged(top, 3, needle, [key], "1")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)

    check("test_scores.json", "test_scores.json:5: 96 of 64",
          lambda t: re.sub(r'"n_correct": \d+', '"n_correct": 96', t, count=1))
    check("test_scores.json", "invalid JSON", lambda t: t[:len(t) // 2])
    check("test_scores.json", "test_scores.json:4: invalid JSON",
          lambda t: re.sub(r"0\.\d+", "NaN", t, count=1))
    check("val_scores.json", "val_scores.json:", lambda t: re.sub(r'"n_correct": \d+', '"n_correct": 500',
                                                                 t, count=1),
          ("1", "gpt-oss-120b", "No skills", "MedAgentBench", "Val*"))
    check("test_scores.json", "the counts are used", lambda t: re.sub(r"0\.9\d+", "0.5", t, count=1))


def test_own_runs():
    with lib.folder() as top:
        for seed in ("1", "2"):
            lib.expect(lib.run(*lib.QUICKSTART, "--agent", "rehearsal", "--set", "cycle.seed=" + seed,
                               "--out", os.path.join(top, "r" + seed), "--quiet"), 0)
        have = cells("1", top)
        tests = []
        for seed in ("1", "2"):  # where nothing was learned, the baseline is the result
            scores = lib.load(top, "r" + seed, "test_scores.json")
            tests.append(scores.get("id_test_eval_best", scores["id_test_eval_baseline"])["score"])
        cell = have["1", "rehearsal", "grasp (own)", "quickstart", "Test"]
        lib.check(cell["n"] == "2" and abs(float(cell["mean"]) - 50 * sum(tests)) < 1e-9, str(cell))
        lib.check(CELL in have, "the released rows are gone")
        alone = tables("1", top, "--only")
        lib.check("gpt-4.1" not in alone.stdout and "MedAgentBench" not in alone.stdout, alone.stdout)
        lib.expect(alone, 0, "rehearsal model")
        for split, column in (("test", "OOD"), ("val", "Val*")):
            lib.expect(lib.run("eval", "-t", "quickstart.so", "-a", "rehearsal", "-s", split, "-o",
                               os.path.join(top, split), "-q"), 0)
            cell = cells("1", top)["1", "rehearsal", "none, eval (own)", "quickstart", column]
            lib.check(cell["n"] == "1", "evaluation of %s: %s" % (split, cell))
        with open(os.path.join(top, "r1", "run.json"), "w", encoding="utf-8") as f:
            f.write("{")
        lib.expect(tables("1", top, code=3), 3, "run.json:1: invalid JSON", "any row")


def test_formats():
    text = json.loads(tables("4", RESULTS, "--format", "json").stdout)
    lib.check(len(text["tables"]) == 1 and len(text["tables"][0]["cells"]) == 60, "JSON cells")
    rows = tables("1", RESULTS, "--model", "gpt-4.1", "--format", "markdown").stdout.splitlines()
    lib.check(rows[2].count("|") == rows[3].count("|") == rows[-1].count("|") == 9, rows[2])
    latex = tables("4", RESULTS, "--format", "latex").stdout
    lib.check("no\\_cluster & 82.1$\\pm$5.2 & 84.4$\\pm$3.1" in latex, latex)
    lib.check(tables("2", "3").stdout == tables("2", "3", RESULTS).stdout, "built-in figures differ")


def test_usage():
    for args, needle in (((["6"]), "no table"), (["sensitivty"], "did you mean sensitivity"),
                         (["--format", "html"], "markdown"), (["--model", "gpt-9"], "gpt-oss-120b"),
                         (["--formt", "csv"], "--format"), ([lib.ROOT + "/docs"], "run.json")):
        lib.expect(lib.run("tables", *args), 2, needle)
    lib.expect(lib.run("tables", env=lib.environment(GRASP_RESULTS="/nonexistent")), 78, "scores.csv")
    lib.expect(lib.run("tables", "--help"), 0, "cross-writer")


lib.main(test_table_1, test_table_5, test_recorded_cells, test_tables_2_to_4, test_layout,
         test_damaged_csv, test_mixed_sizes, test_damaged_layout, test_own_runs, test_formats, test_usage)
