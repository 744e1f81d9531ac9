#!/usr/bin/env python3
"""Compares results/*.csv with the figures of the design's own simulation, cell by cell.

That simulation was another program with other random numbers: its cells had 4,000, 2,000 or 800
updates. A cell agrees if the difference is within two standard errors of both together, or .005."""
import csv
import math
import os

HERE = os.path.dirname(os.path.abspath(__file__))
SIX = (".02", ".05", ".10", ".15", "het20", "fhir")
FALSE = {  # rate of the reference, of the hit duel, rollouts of the hit duel
    "0": (.000, .000, 36), ".02": (.597, .000, 38), ".05": (.663, .000, 40), ".10": (.680, .001, 45),
    ".15": (.676, .000, 50), "het20": (.655, .002, 43), "fhir": (.688, .012, 53),
    "coin": (.690, .010, 71),
}
HARM = {  # fixes, breaks of all four: the hit duel's rate
    (0, 1): (.000, .000, .000, .000, .001, .001), (0, 2): (.000, .000, .000, .000, .000, .000),
    (1, 2): (.000, .000, .005, .021, .014, .002), (2, 3): (.000, .001, .003, .017, .015, .002),
    (1, 3): (.000, .000, .000, .001, .000, .000), (1, 1): (.002, .022, .088, .121, .135, .047),
    (2, 2): (.003, .015, .047, .069, .117, .040),
}
POWER = {  # fixes, breaks of one good edit among four: the hit duel's rate
    (1, 0): (.47, .40, .32, .23, .37, .30), (2, 0): (.76, .65, .51, .35, .60, .47),
    (3, 0): (.89, .84, .70, .47, .77, .68), (5, 0): (.98, .95, .82, .64, .91, .84),
    (8, 0): (1.00, .98, .92, .73, .99, .98), (2, 1): (.21, .13, .11, .08, .20, .14),
    (3, 1): (.42, .32, .20, .15, .38, .31), (5, 1): (.78, .66, .45, .30, .69, .63),
    (8, 1): (.97, .90, .69, .49, .90, .93), (3, 2): (.08, .04, .04, .05, .10, .07),
    (5, 2): (.40, .31, .13, .12, .37, .31), (8, 2): (.82, .67, .41, .26, .74, .73),
}
CAUSED = {  # what the reference accepts because of the effect
    (1, 0): (.34, .17, .10, .06, .16, .12), (2, 0): (.50, .32, .20, .14, .33, .17),
    (3, 0): (.55, .41, .28, .18, .40, .31), (5, 0): (.56, .48, .37, .30, .44, .36),
    (8, 0): (.58, .42, .38, .37, .43, .41), (2, 1): (.10, .09, .08, .06, .09, .08),
    (3, 1): (.11, .17, .16, .12, .14, .14), (5, 1): (.12, .24, .23, .19, .22, .20),
    (8, 1): (.13, .24, .28, .26, .21, .26), (3, 2): (.02, .04, .05, .04, .04, .03),
    (5, 2): (.02, .07, .10, .13, .09, .08), (8, 2): (.03, .08, .14, .20, .09, .09),
}
WHOLE = {  # accuracy, its error, rollouts of the gate; p .40
    "no gate, first proposal": ((.587, .004, 0), (.556, .003, 0), (.580, .004, 0), (.540, .003, 0)),
    "no gate, all K": ((.562, .004, 0), (.545, .003, 0), (.559, .004, 0), (.535, .003, 0)),
    "reference": ((.688, .003, 1746), (.601, .003, 1778), (.667, .003, 1754), (.572, .003, 1784)),
    "hit duel, no labels": ((.691, .003, 684), (.595, .003, 760), (.678, .003, 687),
                            (.591, .003, 757)),
    "+ label order": ((.735, .003, 824), (.643, .002, 953), (.720, .003, 834), (.617, .002, 941)),
    "+ carry-over": ((.747, .002, 852), (.651, .002, 969), (.727, .003, 859), (.621, .002, 962)),
    "+ prune": ((.754, .002, 1104), (.654, .002, 1203), (.735, .002, 1161), (.624, .002, 1254)),
    "reference, B 24": ((.721, .003, 2184), (.626, .003, 2243), (.703, .003, 2226),
                        (.591, .003, 2302)),
    "+ prune, B 24": ((.798, .001, 1732), (.706, .002, 2145), (.778, .002, 1840),
                      (.663, .002, 2208)),
}


def read(name):
    with open(os.path.join(HERE, "results", name), encoding="utf-8") as f:
        return list(csv.DictReader(f))


def error(rate, n):
    p = min(max(rate, 1 / n), 1 - 1 / n)
    return math.sqrt(p * (1 - p) / n)


def agrees(ours, n, theirs, m):
    return abs(ours - theirs) <= max(.005, 2 * math.hypot(error(ours, n), error(theirs, m)))


def rates(title, name, effects, expected, gate, column, m):
    rows, bad, count = read(name), [], 0
    for (fixes, breaks), figures in expected.items():
        for noise, theirs in zip(SIX, figures):
            row = next(r for r in rows if (r["candidates_with_effect"], r["fixes"], r["breaks"],
                                           r["noise"], r["gate"]) ==
                       (effects, str(fixes), str(breaks), noise, gate))
            ours, n = float(row[column]), int(row["updates"])
            count += 1
            if not agrees(ours, n, theirs, m):
                bad.append("%d fixed, %d broken at %s: %.3f, there %.3f" % (
                    fixes, breaks, noise, ours, theirs))
    show(title, bad, count)


def show(title, bad, count):
    print("- %s: %d of %d cells agree%s" % (title, count - len(bad), count,
                                            "".join("\n  - " + line for line in bad)))


def compare_false():
    bad, count, rows = [], 0, read("false.csv")
    for noise, (reference, duel, rollouts) in FALSE.items():
        for gate, theirs in (("reference", reference), ("hit duel", duel)):
            row = next(r for r in rows if (r["noise"], r["gate"]) == (noise, gate))
            count += 1
            if not agrees(float(row["accepted"]), int(row["updates"]), theirs, 4000):
                bad.append("%s at %s: %s, there %.3f" % (gate, noise, row["accepted"], theirs))
        count += 1
        if abs(float(row["rollouts"]) - rollouts) > 1:
            bad.append("rollouts at %s: %s, there %d" % (noise, row["rollouts"], rollouts))
    show("false acceptance and rollouts", bad, count)
    most = max((r for name in ("false.csv", "shapes.csv") for r in read(name)
                if r["gate"] == "hit duel" and r["candidates_with_effect"] == "0"),
               key=lambda r: float(r["upper"]))
    print("- the most that the hit duel accepts anywhere: %s (95 %% upper bound %s), %s at %s" % (
        most["accepted"], most["upper"], most["shape"], most["noise"]))


def compare_whole():
    bad, count, rows = [], 0, read("whole.csv")
    for method, cells in WHOLE.items():
        for noise, (accuracy, half, rollouts) in zip((".05", ".15", "het20", "fhir"), cells):
            row = next(r for r in rows if (r["world"], r["noise"], r["right"], r["method"]) ==
                       ("spec", noise, "0.40", method))
            count += 1
            off = abs(float(row["accuracy"]) - accuracy)
            if off > math.hypot(half, float(row["error"])):
                bad.append("%s at %s: %s, there %.3f" % (method, noise, row["accuracy"], accuracy))
    show("accuracy of whole runs", bad, count)


compare_false()
rates("harmful and balanced edits", "harm.csv", "4", HARM, "hit duel", "accepted", 2000)
rates("power of the hit duel", "power.csv", "1", POWER, "hit duel", "good", 800)
rates("caused acceptance of the reference", "power.csv", "1", CAUSED, "reference", "caused", 800)
compare_whole()
