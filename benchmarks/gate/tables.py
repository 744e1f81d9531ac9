#!/usr/bin/env python3
"""Writes the tables of README.md anew from results/*.csv: what is between "<!-- NAME -->" and
"<!-- end -->" is the table NAME."""
import csv
import math
import os
import re

from design import SETTLED, SETTLED_RULES, WHOLE, WHOLE_NOISES

HERE = os.path.dirname(os.path.abspath(__file__))
GATES = ("reference", "paired", "paired + re-run", "McNemar/K", "hit duel")
ENDTOEND = ("quickstart", "medagent")


def read(name):
    path = os.path.join(HERE, "results", name)
    with open(path, encoding="utf-8") as f:
        return list(csv.DictReader(f))


def unique(values):
    return list(dict.fromkeys(values))


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(c) for c in line) + " |" for line in lines)


def rate(row, column="accepted"):
    return float(row[column])


def false_acceptance():
    rows = read("false.csv")
    out = []
    for noise in unique(r["noise"] for r in rows):
        cells = {r["gate"]: r for r in rows if r["noise"] == noise}
        out.append([noise, *("%.3f / %.0f" % (rate(cells[g]), rate(cells[g], "rollouts"))
                             for g in GATES), "%.4f" % rate(cells["hit duel"], "upper")])
    return table(["noise", *GATES, "95 % upper bound of the hit duel"], out)


def shapes():
    rows = [r for r in read("shapes.csv") if r["candidates_with_effect"] == "0"]
    out = []
    for shape in unique(r["shape"] for r in rows):
        duel = [r for r in rows if (r["shape"], r["gate"]) == (shape, "hit duel")]
        worst = max(duel, key=rate)
        rollouts = {r["noise"]: rate(r, "rollouts") for r in duel}
        out.append([shape, "%.3f (%.3f), at %s" % (rate(worst), rate(worst, "upper"),
                                                   worst["noise"]),
                    "%.1f, %.1f" % (rollouts[".05"], rollouts["fhir"]),
                    "%.2f" % max(rate(r) for r in rows
                                 if (r["shape"], r["gate"]) == (shape, "reference"))])
    return table(["shape", "hit duel, most over all noises (upper bound)",
                  "rollouts at .05 and fhir", "reference, most"], out)


def effects(name, form, head):
    """One row for each effect, one column for each noise; form gets the rows of both gates."""
    rows = read(name)
    noises = unique(r["noise"] for r in rows)
    out = []
    for effect in unique((r["candidates_with_effect"], r["fixes"], r["breaks"]) for r in rows):
        cells = {(r["noise"], r["gate"]): r for r in rows if effect == (
            r["candidates_with_effect"], r["fixes"], r["breaks"])}
        out.append([effect, *(form(cells[n, "reference"], cells[n, "hit duel"])
                              for n in noises)])
    return head, noises, out


def with_names(head, noises, rows, name):
    return table([head, *noises], [[name(*effect), *cells] for effect, *cells in rows])


def harm():
    return with_names(*effects(
        "harm.csv", lambda reference, duel: "%.3f (%.2f)" % (rate(duel), rate(reference)),
        "fixes, breaks of all four"), lambda n, fixes, breaks: fixes + ", " + breaks)


def power():
    return with_names(*effects(
        "power.csv", lambda reference, duel: "%.2f / %.2f / **%.2f**" % (
            rate(reference, "good"), rate(reference, "caused"), rate(duel, "good")),
        "one good edit: fixes, breaks"),
        lambda n, fixes, breaks: ("all four: " if n == "4" else "") + fixes + ", " + breaks)


def power_alone():
    return with_names(*effects(
        "power_alone.csv", lambda reference, duel: "%.2f / **%.2f**" % (
            rate(reference, "good"), rate(duel, "good")), "K 1: fixes"),
        lambda n, fixes, breaks: fixes)


def settled():
    rows = read("settled.csv")
    out = []
    for churn, (reference, *rules) in SETTLED.items():
        def ours(shape, fixes):
            row = next(r for r in rows if (r["noise"], r["shape"], r["fixes"]) == (
                churn, shape, str(fixes)))
            return rate(row, "good" if fixes else "accepted")
        cells = ["%.2f (%.2f)" % (ours("reference", 0), reference)]
        for rule, theirs in zip(SETTLED_RULES, rules):
            values = [ours(rule, fixes) for fixes in range(4)]
            cells.append("%.2f / %.2f %.2f %.2f (%.2f / %.2f %.2f %.2f)" % (*values, *theirs))
        out.append([churn, *cells])
    return table(["churn", "reference, no effect", "`min_fixed` 1, no yardstick",
                  "`min_fixed` 2", "`min_fixed` 3", "yardstick (the default)"], out)


def of_world(name, world):
    rows = {(r["method"], r["noise"]): r for r in read(name)
            if (r["world"], r["right"]) == (world, "0.40")}
    return rows, unique(m for m, _ in rows), unique(n for _, n in rows)


def whole(world):
    rows, methods, noises = of_world("whole.csv", world)
    out = [[method, *("%.3f ± %.3f, %.2f / %.2f, %s" % (
        rate(r, "accuracy"), rate(r, "accuracy_error"), rate(r, "harmful"), rate(r, "useless"),
        r["rollouts"]) for r in (rows[method, noise] for noise in noises))]
        for method in methods]
    return table(["method", *noises], out)


def design_whole():
    """Ours, then theirs."""
    rows, methods, _ = of_world("design_whole.csv", "spec")
    out = []
    for method in methods:
        cells = []
        for noise, (accuracy, _, harmful, useless, rollouts) in zip(WHOLE_NOISES, WHOLE[method]):
            r = rows[method, noise]
            skills = "" if harmful is None else ", %.2f / %.2f (%.2f / %.2f)" % (
                rate(r, "harmful"), rate(r, "useless"), harmful, useless)
            cells.append("%.3f (%.3f)%s, %s (%d)" % (rate(r, "accuracy"), accuracy, skills,
                                                     r["rollouts"], rollouts))
        out.append([method, *cells])
    return table(["method", *WHOLE_NOISES], out)


def mean(rows, key):
    """With half a 95 % interval."""
    values = [float(row[key]) for row in rows]
    m = sum(values) / len(values)
    var = sum((v - m) ** 2 for v in values) / max(1, len(values) - 1)
    return m, 1.96 * math.sqrt(var / len(values))


def total(rows, key):
    return sum(int(row[key]) for row in rows)


def cells_of(rows):
    for key in unique((r["task"], r["noise"], r["gate"]) for r in rows):
        yield key, [r for r in rows if (r["task"], r["noise"], r["gate"]) == key]


def of_tasks(name):
    return [row for task in ENDTOEND for row in read(name % task)]


def endtoend(runs):
    out = []
    for key, rows in cells_of(runs):
        out.append([*key, len(rows), "%.3f ± %.3f" % mean(rows, "accuracy"),
                    "%d of %d" % (total(rows, "accepted"), total(rows, "updates")),
                    "%.1f" % mean(rows, "skills")[0],
                    "%.0f ± %.0f" % mean(rows, "probe_calls")])
    return table(["task", "noise", "gate", "seeds", "true accuracy", "updates that accepted",
                  "skills kept", "calls of the gate"], out)


def wilson_upper(k, n):
    z, p = 1.96, k / n
    return (p + z * z / (2 * n) + z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (
        1 + z * z / n)


def unhelpful(runs):
    out = []
    for key, rows in cells_of(runs):
        n, k = total(rows, "updates"), total(rows, "accepted")
        out.append([*key, n, k, "%.3f" % (k / n), "%.3f" % wilson_upper(k, n)])
    return table(["task", "noise", "gate", "updates", "accepted", "rate", "95 % upper bound"], out)


TABLES = {
    "false": false_acceptance, "shapes": shapes, "harm": harm, "power": power,
    "power_alone": power_alone, "settled": settled, "design_whole": design_whole,
    "whole spec": lambda: whole("spec"), "whole ten modes": lambda: whole("ten modes"),
    "whole one mode": lambda: whole("one mode"), "whole crowding": lambda: whole("crowding"),
    "endtoend": lambda: endtoend(of_tasks("endtoend_%s.csv")),
    "unhelpful": lambda: unhelpful(of_tasks("unhelpful_%s.csv")),
}


def main():
    path = os.path.join(HERE, "README.md")
    with open(path, encoding="utf-8") as f:
        text = f.read()
    text = re.sub(r"<!-- ([a-z_ ]+) -->\n.*?<!-- end -->",
                  lambda m: "<!-- %s -->\n%s\n<!-- end -->" % (m[1], TABLES[m[1]]()), text,
                  flags=re.DOTALL)
    with open(path + ".new", "w", encoding="utf-8") as f:
        f.write(text)
    os.replace(path + ".new", path)


if __name__ == "__main__":
    main()
