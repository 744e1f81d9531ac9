#!/usr/bin/env python3
"""A rehearsal that makes no mistake answers every invented question, of all templates and splits.

    tests/fhir/flawless.py [--build DIR] [--seeds 1 2 3] [--patients 20]

Evaluates fhir_agent's default strategy on all questions of each seed, with knowledge that names every
mistake of the rehearsal (benchmarks/fhir-agent/knowledge). Ends with 1 if one answer is wrong.
"""
import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KNOWLEDGE = os.path.join(ROOT, "benchmarks", "fhir-agent", "knowledge")
TEMPLATES = 24


def host(args, *words):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GRASP_")}
    environment["GRASP_PLUGIN_PATH"] = os.path.join(args.build, "plugins")
    subprocess.run([os.path.join(args.build, "host", "grasp-host"), *words], check=True,
                   env=environment)


def evaluate(args, seed, top):
    """The questions of a seed by their ids, and what became of each."""
    data, out = os.path.join(top, "data"), os.path.join(top, "out")
    host(args, "fhir", "mimic", "--seed", str(seed), "--patients", str(args.patients), data)
    host(args, "eval", "-t", "fhir_agent.so", "-m", "grasp.so", "-k", KNOWLEDGE, "-a", "rehearsal", "-s",
         "id_test", "-o", out, "--quiet", "--set", "task.data=" + data,
         "task.test_splits=[train,valid,test]", "task.dev_splits=[]", "task.val_splits=[]",
         "task.test_limit=0")
    with open(os.path.join(data, "questions_answers_sql_fhir.csv"), newline="", encoding="utf-8") as f:
        questions = {row["question_id"]: row for row in csv.DictReader(f)}
    with open(os.path.join(out, "id_test_runs.jsonl"), encoding="utf-8") as f:
        return questions, [json.loads(line) for line in f]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--patients", type=int, default=20)
    args = parser.parse_args()
    asked, right, templates = 0, 0, set()
    for seed in args.seeds:
        with tempfile.TemporaryDirectory() as top:
            questions, rows = evaluate(args, seed, top)
        good = [row for row in rows if row["is_correct"] is True]
        asked, right = asked + len(questions), right + len(good)
        templates |= {questions[row["sample_id"]]["template"] for row in good}
        print("seed %d: %d of %d right" % (seed, len(good), len(questions)), flush=True)
        for row in rows:
            if row["is_correct"] is not True:
                question = questions[row["sample_id"]]
                print("%s: %s is %s; %s" % (row["sample_id"], question["question"],
                                            question["true_answer"], row.get("answer")))
    print("%d of %d right, of %d templates" % (right, asked, len(templates)))
    sys.exit(0 if right == asked and len(templates) == TEMPLATES else 1)


if __name__ == "__main__":
    main()
