#!/usr/bin/env python3
"""Compares the simulated tables with the figures of the design's own simulation, cell by cell.

    compare.py [RESULTS]

First in the design's configuration (design_*.csv), then with the defaults. A cell agrees if the
difference is within two standard errors of both figures together, and half of their last digit.
Last come the extremes that README.md names."""
import csv
import math
import os
import sys

from design import (ALONE, FALSE, FALSE_GATES, FEW, FOUR_GOOD, HARM, HARM_REFERENCE, OTHER,
                    OTHER_CELLS, POWER, ROLLOUTS, SETTLED, SETTLED_RULES, SHAPES, SIX, WHOLE,
                    WHOLE_NOISES)

HERE = os.path.dirname(os.path.abspath(__file__))
RESULTS = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "results")
NAMED = 4  # cells that differ of each table, before "and n more"


def read(name):
    with open(os.path.join(RESULTS, name), encoding="utf-8") as f:
        return list(csv.DictReader(f))


class Table:
    """Counts the cells of one table that agree."""

    all, agreeing = 0, 0

    def __init__(self, title):
        self.title, self.count, self.bad = title, 0, []

    def put(self, where, ours, theirs, tolerance):
        self.count += 1
        if abs(ours - theirs) > tolerance + 1e-9:
            self.bad.append((abs(ours - theirs) / tolerance,
                             "%s: %.4g, there %g (± %.2g)" % (where, ours, theirs, tolerance)))

    def rate(self, where, row, column, theirs, updates, digits):
        ours = float(row[column])
        both = math.hypot(error(ours, int(row["updates"])), error(theirs, updates))
        self.put(where, ours, theirs, 2 * both + 0.5 * 10 ** -digits)

    def show(self):
        Table.all += self.count
        Table.agreeing += self.count - len(self.bad)
        self.bad.sort(reverse=True)
        lines = ["\n  - " + line for _, line in self.bad[:NAMED]]
        if len(self.bad) > NAMED:
            lines.append("\n  - and %d more" % (len(self.bad) - NAMED))
        print("- %s: %d of %d cells agree%s" % (self.title, self.count - len(self.bad), self.count,
                                                "".join(lines)))


def error(rate, n):
    p = min(max(rate, 1 / n), 1 - 1 / n)
    return math.sqrt(p * (1 - p) / n)


def cell(rows, noise, gate, effect=(0, 0, 0), shape=None):
    for row in rows:
        if (row["noise"], row["gate"]) == (noise, gate) and shape in (None, row["shape"]) and (
                int(row["candidates_with_effect"]), int(row["fixes"]), int(row["breaks"])) == effect:
            return row
    sys.exit("no cell of %s, %s, %s, %s" % (noise, gate, effect, shape))


def compare_false(prefix):
    rates, rollouts = Table("false acceptance"), Table("rollouts when nothing helps")
    rows = read(prefix + "false.csv")
    for noise, figures in FALSE.items():
        for gate, theirs in zip(FALSE_GATES, figures):
            rates.rate("%s at %s" % (gate, noise), cell(rows, noise, gate), "accepted", theirs,
                       4000, 3)
        for gate, theirs in zip(("paired + re-run", "hit duel"), figures[5:]):
            rollouts.put("%s at %s" % (gate, noise),
                         float(cell(rows, noise, gate)["rollouts"]), theirs, 1.5)
    rates.show()
    rollouts.show()


def compare_shapes(prefix):
    """The design names the worst of six noises; of that the error is a little more."""
    table, few, rows = Table("other shapes"), Table("few failing samples"), read(
        prefix + "shapes.csv")
    for shape, (worst, low, high) in SHAPES.items():
        row = max((cell(rows, noise, "hit duel", shape=shape) for noise in SIX),
                  key=lambda r: float(r["accepted"]))
        table.rate(shape, row, "accepted", worst, 4000, 3)
        for noise, theirs in ((".05", low), ("fhir", high)):
            table.put("rollouts of %s at %s" % (shape, noise), float(
                cell(rows, noise, "hit duel", shape=shape)["rollouts"]), theirs, 1.5)
    for (failing, noise), (none, *power, rollouts) in FEW.items():
        shape, where = "K4 N36 acc .75 nf %d" % failing, "nf %d at %s" % (failing, noise)
        row = cell(rows, noise, "hit duel", shape=shape)
        few.rate(where + ", no effect", row, "accepted", none, 1000, 3)
        few.put(where + ", rollouts", float(row["rollouts"]), rollouts, 1.5)
        for fixes, theirs in enumerate(power, 1):
            if theirs is not None:
                few.rate("%s, m %d" % (where, fixes),
                         cell(rows, noise, "hit duel", (1, fixes, 0), shape), "good_if_able",
                         theirs, 800, 2)
    table.show()
    few.show()


def compare_harm(prefix):
    rows = read(prefix + "harm.csv")
    for title, gate, expected, updates, digits in (
            ("harmful and balanced edits", "hit duel", HARM, 2000, 3),
            ("the same with the reference's gate", "reference", HARM_REFERENCE, 1000, 2)):
        table = Table(title)
        for (fixes, breaks), figures in expected.items():
            for noise, theirs in zip(SIX, figures):
                table.rate("%d fixed, %d broken at %s" % (fixes, breaks, noise),
                           cell(rows, noise, gate, (4, fixes, breaks)), "accepted", theirs,
                           updates, digits)
        table.show()


def compare_power(prefix):
    rows = read(prefix + "power.csv")
    for at, (title, gate, column) in enumerate((
            ("acceptance by the reference", "reference", "good"),
            ("what the effect causes of it", "reference", "caused"),
            ("power of the hit duel", "hit duel", "good"))):
        table = Table(title)
        for (fixes, breaks), figures in POWER.items():
            for noise, theirs in zip(SIX, figures[at]):
                table.rate("%d fixed, %d broken at %s" % (fixes, breaks, noise),
                           cell(rows, noise, gate, (1, fixes, breaks)), column, theirs, 800, 2)
        table.show()
    compare_alone(prefix)
    table = Table("four good edits")
    for (fixes, noise), theirs in FOUR_GOOD.items():
        table.rate("%d fixed at %s" % (fixes, noise), cell(rows, noise, "hit duel", (4, fixes, 0)),
                   "good", theirs, 500, 2)
    table.show()


def compare_alone(prefix):
    table, rows = Table("a single edit, both gates"), read(prefix + "power_alone.csv")
    for noise, figures in ALONE.items():
        for gate, powers in zip(("reference", "hit duel"), figures):
            for fixes, theirs in zip((1, 2, 3, 5, 8), powers):
                table.rate("%s, %d fixed at %s" % (gate, fixes, noise),
                           cell(rows, noise, gate, (1, fixes, 0)), "good", theirs, 800, 2)
    table.show()


def compare_rollouts():
    table = Table("rollouts of an update, mean and 95 %")
    rows = read("design_false.csv") + read("design_power.csv")
    for (candidates, fixes), figures in ROLLOUTS.items():
        for noise, (mean, p95) in zip((".05", ".15", "fhir"), figures):
            row = cell(rows, noise, "hit duel", (candidates, fixes, 0))
            where = "%d fix %d at %s" % (candidates, fixes, noise)
            table.put(where, float(row["rollouts"]), mean, 2.5)
            table.put(where + ", 95 %", float(row["rollouts_p95"]), p95, 6)
    table.show()


def compare_settled():
    table, rows = Table("settled, with churn"), read("settled.csv")
    for churn, (reference, *rules) in SETTLED.items():
        table.rate("reference at %s" % churn, cell(rows, churn, "reference"), "accepted",
                   reference, 1000, 2)
        for rule, figures in zip(SETTLED_RULES, rules):
            for fixes, theirs in enumerate(figures):
                row = cell(rows, churn, "hit duel", (1 if fixes else 0, fixes, 0), rule)
                table.rate("%s, m %d at %s" % (rule, fixes, churn), row,
                           "good" if fixes else "accepted", theirs, 1000, 2)
    table.show()


def whole_cells():
    for method, cells in WHOLE.items():
        for noise, (accuracy, half, *others) in zip(WHOLE_NOISES, cells):
            yield method, "0.40", noise, accuracy, half, others
    for method, cells in OTHER.items():
        for (right, noise), (accuracy, *others) in zip(OTHER_CELLS, cells):
            yield method, right, noise, accuracy, None, others


def compare_whole(prefix):
    """Where the design gives no error, its is taken to be that of as many runs here."""
    tables = [Table("whole runs: " + name) for name in (
        "accuracy", "harmful skills kept", "useless skills kept", "rollouts of the gate")]
    rows = {(r["method"], r["right"], r["noise"]): r for r in read(prefix + "whole.csv")
            if r["world"] == "spec"}
    for method, right, noise, accuracy, half, others in whole_cells():
        row, where = rows[method, right, noise], "%s, p %s at %s" % (method, right, noise)
        own = float(row["accuracy_error"])
        tables[0].put(where, float(row["accuracy"]), accuracy,
                      math.hypot(half or own, own) + .0005)
        for table, column, theirs, digit in zip(
                tables[1:], ("harmful", "useless", "rollouts"), others, (.005, .005, .5)):
            if theirs is not None:
                table.put(where, float(row[column]), theirs,
                          math.sqrt(2) * float(row[column + "_error"]) + digit)
    for table in tables:
        table.show()


def most(rows, column="upper"):
    row = max(rows, key=lambda r: float(r[column]))
    return "%.4f (95 %% upper bound %.4f), %s of %s fix %s and break %s at %s, %s" % (
        float(row["accepted"]), float(row["upper"]), row["candidates_with_effect"], "the edits",
        row["fixes"], row["breaks"], row["noise"], row["shape"])


def show_extremes(prefix):
    none = [r for name in ("false.csv", "shapes.csv") for r in read(prefix + name)
            if r["candidates_with_effect"] == "0"]
    harm = [r for r in read(prefix + "harm.csv") if r["gate"] == "hit duel"]
    reference = [float(r["accepted"]) for r in read(prefix + "false.csv")
                 if r["gate"] == "reference" and r["noise"] != "0"]
    print("- most with no effect: " + most([r for r in none if r["gate"] == "hit duel"]))
    print("- most that is net harmful: " + most([r for r in harm if r["fixes"] < r["breaks"]]))
    print("- most that is net zero: " + most([r for r in harm if r["fixes"] == r["breaks"]]))
    print("- the reference with no effect, K 4, N 36: %.3f to %.3f" % (
        min(reference), max(reference)))


def main():
    for prefix, title in (("design_", "In the design's configuration"), ("", "\nWith the defaults")):
        Table.all = Table.agreeing = 0
        print(title + ":\n")
        compare_false(prefix)
        compare_shapes(prefix)
        compare_harm(prefix)
        compare_power(prefix)
        if prefix:
            compare_rollouts()
            compare_settled()
        compare_whole(prefix)
        print("- in all: %d of %d" % (Table.agreeing, Table.all))
        show_extremes(prefix)


main()
