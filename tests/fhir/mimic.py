#!/usr/bin/env python3
"""Generated patients in the shape of MIMIC-IV on FHIR: their questions, answered from their resources.

    tests/fhir/mimic.py [--build DIR] [--seed 1] [--patients 40] [--density 4]

Writes them with `fhir mimic`, plays the recipe of every question (the retrievals by the store, the code
by Python) and compares with the true answer; does the same with each slip; checks the store's
retrievals against the files read here, the ids, the references and the form of both.
"""
import argparse
import ast
import collections
import csv
import datetime
import glob
import gzip
import json
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
import uuid

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COLUMNS = ("split question_id question sql_query true_answer assumption patient_fhir_id template val_dict "
           "proc_query main_table_name mappable_to_fhir true_fhir_ids").split()
SLIPS = "any_encounter any_time file_order one_of_many unresolved wrong_end".split()
LEAST = {"train": 120, "valid": 80, "test": 80}


def check(condition, text):
    if not condition:
        raise AssertionError(text)


class World:
    def __init__(self, args, folder):
        self.ask_program = os.path.join(args.build, "tests", "fhir", "mimic_ask")
        self.folder = folder
        self.resources = {}  # (type, id) -> resource
        self.files = {}
        for path in sorted(glob.glob(os.path.join(folder, "*.ndjson.gz"))):
            with gzip.open(path, "rt", encoding="utf-8") as f:
                rows = [json.loads(line) for line in f]
            self.files[os.path.basename(path)[5:-10]] = rows
            for row in rows:
                key = row["resourceType"], row["id"]
                check(key not in self.resources, "twice: %s/%s" % key)
                self.resources[key] = row
        with open(os.path.join(folder, "questions_answers_sql_fhir.csv"), newline="",
                  encoding="utf-8") as f:
            reader = csv.DictReader(f)
            check(reader.fieldnames == COLUMNS, "columns: %s" % reader.fieldnames)
            self.questions = list(reader)
        self.answers = {}

    def ask(self, *args, lines):
        result = subprocess.run([self.ask_program, *args], input="".join(l + "\n" for l in lines),
                                text=True, check=True, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)
        return result.stdout.splitlines()

    def gather(self, requests, mode="sane"):
        """Answers a set of "patient Type P" and "id Type X"; remembered."""
        missing = sorted({r for r in requests if (mode, r) not in self.answers})
        if missing:
            for request, line in zip(missing, self.ask("gather", mode, self.folder, lines=missing)):
                status, count, _, body = line.split("\t", 3)
                body = json.loads(body)
                check(status != "200" or len(body) == int(count), "count of " + request)
                self.answers[mode, request] = (int(status), body)

    def recipes(self, slip=None):
        inputs = ["Question: %s\nContext:\nPatient FHIR ID is %s.\n%s"
                  % (q["question"], q["patient_fhir_id"], q["assumption"]) for q in self.questions]
        lines = self.ask("recipes", *([slip] if slip else []), lines=map(json.dumps, inputs))
        return [json.loads(line) for line in lines]


def execute(code, retrieved):
    scope = {"json": json, "re": re, "datetime": datetime, "math": math, "statistics": statistics,
             "retrieved_resources": retrieved, "answer": None}
    slots, rest = code.split("\n\n", 1)  # the rest is the same for all of a template, and compiled once
    exec(slots, scope)  # our own recipes, on our own data
    exec(compiled(rest), scope)
    return scope["answer"]


def compiled(code, known={}):
    if code not in known:
        known[code] = compile(code, "recipe", "exec")
    return known[code]


def play(world, recipes):
    """The answers of all recipes: what is retrieved by an id that code found comes in a second go."""
    world.gather("patient %s %s" % (s["type"], r["patient"]) for r in recipes for s in r["steps"]
                 if s["kind"] == "patient")
    found = [retrieve(world, r) for r in recipes]
    ids = {}
    for number, (recipe, retrieved) in enumerate(zip(recipes, found)):
        if any(s["kind"] == "id" for s in recipe["steps"]):
            ids[number] = execute(next(s["code"] for s in recipe["steps"] if s["kind"] == "code"),
                                  retrieved)
    wanted = {n: "id %s %s" % (next(s["type"] for s in recipes[n]["steps"] if s["kind"] == "id"), i)
              for n, i in ids.items() if i}
    world.gather(wanted.values())
    for number, request in wanted.items():
        found[number][request.split()[1]] = world.answers["sane", request][1]
    return [execute(r["steps"][-1]["code"], retrieved) for r, retrieved in zip(recipes, found)]


def retrieve(world, recipe):
    return {s["type"]: world.answers["sane", "patient %s %s" % (s["type"], recipe["patient"])][1]
            for s in recipe["steps"] if s["kind"] == "patient"}


def read_truth(text):
    return ast.literal_eval(text.replace("]\n [", "], ["))


def is_same(answer, truth):
    if len(answer) != len(truth):
        return False
    for a, b in zip(answer, truth):
        if isinstance(b[0], float) and isinstance(a[0], (int, float)):
            if abs(a[0] - b[0]) > 1e-6:
                return False
        elif a != b or type(a[0]) is not type(b[0]):
            return False
    return True


def check_recipes(world):
    recipes = world.recipes()
    names = collections.Counter(r["name"] for r in recipes if r)
    check(all(recipes), "a question without a recipe")
    for question, recipe, answer in zip(world.questions, recipes, play(world, recipes)):
        check(is_same(answer, read_truth(question["true_answer"])),
              "%s (%s): %s\n%s is not %s" % (question["question_id"], recipe["name"],
                                           question["question"], answer, question["true_answer"]))
    check(len(names) >= 24, "templates: %s" % names)
    return len(recipes), names


def check_other_questions(world):
    """No recipe for what is no question of ours, cut off anywhere, or not about a patient."""
    tail = "\nContext:\nPatient FHIR ID is 1-2.\n"
    whole = "What was the last Glucose value measured for patient 10000001?"
    other = [""] + ["Question: " + whole[:n] + tail for n in range(len(whole))]
    other += [whole[:n] for n in range(len(whole))]
    other += ["Question: " + q + tail for q in (
        "How many ICU stays has patient nobody had?", "How many ICU stays has patient  had?",
        "Now: " + whole, whole + " And why?", "What is the weather?",
        "Was \0 prescribed to patient 1 in ?", "{lab_name}", "Was aspirin prescribed?")]
    other += ["Question: " + whole + "\nContext:\n"]
    lines = world.ask("recipes", lines=map(json.dumps, other))
    check(lines == ["null"] * len(other), "a recipe for " + str(
        [o for o, l in zip(other, lines) if l != "null"][:3]))
    odd = "Question: What was the last %s value measured for patient 1?" % "it's \\ \"\u00e9\\n" + tail
    code = json.loads(world.ask("recipes", lines=[json.dumps(odd)])[0])["steps"][-1]["code"]
    scope = {}
    exec(code.split("\n\n", 1)[0], scope)
    check(scope["lab_name"] == "it's \\ \"\u00e9\\n", "a slot is no longer the same: " + code[:200])


def check_slips(world):
    """Each makes some answers wrong, in the templates where it can matter."""
    wrong = {}
    for slip in SLIPS:
        recipes = world.recipes(slip)
        wrong[slip] = collections.Counter()
        for question, recipe, answer in zip(world.questions, recipes, play(world, recipes)):
            if not is_same(answer, read_truth(question["true_answer"])):
                wrong[slip][recipe["name"]] += 1
        check(sum(wrong[slip].values()) >= 3, "slip %s: %s" % (slip, wrong[slip]))
    return wrong


def check_questions(world):
    ids = [q["question_id"] for q in world.questions]
    check(ids == sorted(set(ids)), "rows are not in order of their ids")
    splits = collections.Counter(q["split"] for q in world.questions)
    for q in world.questions:
        check(re.fullmatch("[0-9a-f]{24}", q["question_id"]), q["question_id"])
        check(q["mappable_to_fhir"] == "True" and q["proc_query"] == q["sql_query"], "columns")
        check(q["sql_query"].split("FROM ", 1)[1].split()[0] == q["main_table_name"], "main table")
        check(("Patient", q["patient_fhir_id"]) in world.resources, "no such patient")
        values = ast.literal_eval(q["val_dict"])["val_placeholder"]
        filled = re.sub(r"\{(\w+)\}", lambda m: values[m.group(1)], q["template"])
        check(filled == q["question"], "%s is not %s" % (filled, q["question"]))
        for kind, listed in ast.literal_eval(q["true_fhir_ids"]).items():
            for one in listed:
                check((kind, one) in world.resources, "no %s/%s" % (kind, one))
    return splits


def references(value):
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def check_resources(world):
    space = uuid.uuid5(uuid.NAMESPACE_OID, "MIMIC-IV")
    check(len(world.files) == 30 and all(world.files.values()),
          "files: %s" % {k: len(v) for k, v in world.files.items()})
    for resource in world.resources.values():
        for reference in references(resource):
            check(tuple(reference.split("/")) in world.resources, "leads nowhere: " + reference)
        for key in ("effectiveDateTime", "authoredOn", "issued"):
            text = resource.get(key, "2150-01-01T00:00:00-05:00")
            check(re.fullmatch(r"2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d-0[45]:00", text), text)
    for kind, space_name, system in (("Patient", "Patient", "patient"),
                                     ("Encounter", "Encounter", "encounter-hosp"),
                                     ("EncounterICU", "EncounterICU", "encounter-icu")):
        for resource in world.files[kind]:
            number = next(i["value"] for i in resource["identifier"]
                          if i["system"] == "http://mimic.mit.edu/fhir/mimic/identifier/" + system)
            check(resource["id"] == str(uuid.uuid5(uuid.uuid5(space, space_name), number)), "id")


def bare(resource):
    return {k: v for k, v in resource.items() if k not in ("text", "meta")}


def check_store(world):
    """What is retrieved by patient is what a scan of the files finds."""
    by_patient = collections.defaultdict(dict)
    for (kind, key), resource in world.resources.items():
        patient = resource.get("subject", {}).get("reference", "/").split("/")[1]
        by_patient[kind, key if kind == "Patient" else patient][key] = bare(resource)
    patients = [key for kind, key in world.resources if kind == "Patient"][:8]
    for patient in patients:
        drugs = {r.split("/")[1] for kind in ("MedicationRequest", "MedicationAdministration")
                 for row in by_patient[kind, patient].values()
                 for r in references(row.get("medicationReference"))}
        for drug in sorted(drugs):
            drugs |= {r.split("/")[1] for r in
                      references(world.resources["Medication", drug].get("ingredient"))}
        places = {r.split("/")[1] for row in by_patient["Encounter", patient].values()
                  for r in references(row.get("location"))}
        for kind, ids in (("Medication", drugs), ("Location", places)):
            by_patient[kind, patient] = {i: bare(world.resources[kind, i]) for i in ids}
    kinds = ("Patient Encounter Condition MedicationRequest Procedure Observation "
             "MedicationAdministration Location Specimen Medication").split()
    requests = ["patient %s %s" % (k, p) for k in kinds for p in patients]
    world.gather(requests)
    for request in requests:
        _, kind, patient = request.split()
        status, rows = world.answers["sane", request]
        check(status == 200 and {r["id"]: r for r in rows} == by_patient[kind, patient], request)
        check(len(rows) == len(by_patient[kind, patient]), "twice in " + request)


def expect(world, mode, request, status, count=None, text=None):
    world.gather([request], mode)
    got, body = world.answers[mode, request]
    check(got == status, "%s: %s %s: %s" % (mode, request, got, str(body)[:300]))
    check(count is None or len(body) == count, "%s: %s resources" % (request, len(body)))
    check(text is None or text in body["error"], "%s: %s" % (request, body))


def check_modes(world):
    count = collections.Counter(kind for kind, _ in world.resources)
    patient = next(key for kind, key in world.resources if kind == "Patient")
    drug = next(key for kind, key in world.resources if kind == "Medication")
    expect(world, "sane", "id Medication " + drug, 200, 1)
    expect(world, "sane", "id Medication nobody", 200, 0)
    expect(world, "sane", "id Medication ", 200, count["Medication"])
    expect(world, "sane", "patient Patient " + patient, 200, 1)
    expect(world, "sane", "patient Patient Patient/" + patient, 200, 1)
    expect(world, "sane", "patient Observation nobody", 200, 0)
    expect(world, "sane", "patient Organization " + patient, 400, text="belong to no patient")
    expect(world, "sane", "patient Obsevation " + patient, 404, text="Obsevation")
    expect(world, "lenient", "id Medication " + drug, 200, count["Medication"])
    expect(world, "lenient", "patient Patient " + patient, 200, count["Patient"])
    expect(world, "lenient", "patient Location " + patient, 200, 31)
    expect(world, "lenient", "patient Condition " + patient, 200)
    check(len(world.answers["lenient", "patient Condition " + patient][1]) < count["Condition"],
          "a condition's patient is known")


def generate(args, folder, *options):
    subprocess.run([os.path.join(args.build, "host", "grasp-host"), "fhir", "mimic", *options, folder],
                   check=True)


def content(folder):
    found = {}
    for path in glob.glob(os.path.join(folder, "*")):
        with open(path, "rb") as f:
            found[os.path.basename(path)] = f.read()
    return found


def check_again(args, folder, other):
    """The same options give the same bytes, another seed other ones."""
    generate(args, other, "--seed", args.seed, "--patients", args.patients, "--density",
             args.density)
    check(content(folder) == content(other), "the same seed gave other files")
    generate(args, other + "2", "--seed", str(int(args.seed) + 1), "--patients", "2")
    check(content(folder)["MimicPatient.ndjson.gz"] != content(other + "2")["MimicPatient.ndjson.gz"],
          "another seed gave the same patients")


def check_default_splits(args, folder):
    generate(args, folder)
    with open(os.path.join(folder, "questions_answers_sql_fhir.csv"), newline="",
              encoding="utf-8") as f:
        splits = collections.Counter(row["split"] for row in csv.DictReader(f))
    check(all(splits[s] >= n for s, n in LEAST.items()), "splits: %s" % splits)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--seed", default="1")
    parser.add_argument("--patients", default="40")
    parser.add_argument("--density", default="4")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="grasp-mimic-") as top:
        folder = os.path.join(top, "mimic")
        generate(args, folder, "--seed", args.seed, "--patients", args.patients, "--density",
                 args.density)
        check_again(args, folder, os.path.join(top, "again"))
        check_default_splits(args, os.path.join(top, "default"))
        world = World(args, folder)
        check_resources(world)
        splits = check_questions(world)
        check_other_questions(world)
        count, names = check_recipes(world)
        print("%d resources; %d questions of %d templates (%s), each answered right"
              % (len(world.resources), count, len(names),
                 ", ".join("%s %d" % s for s in sorted(splits.items()))))
        for slip, wrong in check_slips(world).items():
            print("%s: %d wrong (%s)" % (slip, sum(wrong.values()),
                                         ", ".join("%s %d" % w for w in sorted(wrong.items()))))
        check_store(world)
        check_modes(world)
        print("the store's retrievals are those of a scan of the files")
    return 0


sys.exit(main())
