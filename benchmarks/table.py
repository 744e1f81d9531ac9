#!/usr/bin/env python3
"""The scores of runs in OUT/<task>/<method> as one Markdown table: table.py OUT."""
import json
import os
import sys

COLUMNS = ("val before", "val best", "id_test before", "id_test best", "test before", "test best",
           "writer calls")


def load(*parts):
    try:
        with open(os.path.join(*parts), encoding="utf-8") as f:
            return json.load(f)
    except FileNotFoundError:
        return None


def percent(score):
    return "" if score is None else "%.1f" % (100 * score)


def row(folder):
    curve = load(folder, "val_scores.json") or []
    tests = load(folder, "test_scores.json") or {}
    ledger = load(folder, "ledger.json") or {}
    before = [entry["score"] for entry in curve if entry["epoch"] == "baseline"]
    after = [entry["score"] for entry in curve if entry["score"] is not None]
    cells = [percent(before[0] if before else None), percent(max(after, default=None))]
    for split in ("id_test", "test"):
        baseline = tests.get(split + "_eval_baseline", {}).get("score")
        # nothing that was kept: the best is what it began with
        best = tests.get(split + "_eval_best", {}).get("score", baseline)
        cells += [percent(baseline), percent(best)]
    return cells + [str(ledger.get("learn", {}).get("writer", {}).get("calls", 0))]


def main():
    out = sys.argv[1]
    print("| task | method | " + " | ".join(COLUMNS) + " |")
    print("|---|---|" + "---|" * len(COLUMNS))
    for task in sorted(os.listdir(out)):
        for method in sorted(os.listdir(os.path.join(out, task))):
            print("| %s | %s | %s |" % (task, method, " | ".join(row(os.path.join(out, task, method)))))
    models = {(load(out, task, method, "run.json") or {}).get("model")
              for task in os.listdir(out) for method in os.listdir(os.path.join(out, task))}
    if "rehearsal" in models:
        print("\nFigures of the built-in rehearsal model show that the machinery works and say nothing "
              "about a real one.")


main()
