#!/usr/bin/env python3
"""Plots false acceptance and power against noise, as SVG, from results/*.csv."""
import csv
import os

HERE = os.path.dirname(os.path.abspath(__file__))
NOISES = ("0", ".02", ".05", ".10", ".15")
COLOURS = {"reference": "#c0392b", "paired": "#d68910", "paired + re-run": "#7d6608",
           "McNemar/K": "#7f8c8d", "hit duel": "#1f618d"}
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 560, 320, 50, 30, 140, 40


def read(name):
    with open(os.path.join(HERE, "results", name), encoding="utf-8") as f:
        return list(csv.DictReader(f))


def x_of(noise):
    return LEFT + float(noise) / 0.15 * (WIDTH - LEFT - RIGHT)


def y_of(value):
    return HEIGHT - BOTTOM - value * (HEIGHT - TOP - BOTTOM)


def text(x, y, words, anchor="start", size=12, colour="#222"):
    return '<text x="%.1f" y="%.1f" text-anchor="%s" font-size="%d" fill="%s">%s</text>' % (
        x, y, anchor, size, colour, words)


def axes(title, label):
    out = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif">'
           % (WIDTH, HEIGHT), '<rect width="100%" height="100%" fill="#fff"/>',
           text(LEFT, 18, title, size=13)]
    for i in range(6):
        y = y_of(i / 5)
        out.append('<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" stroke="#ddd"/>' % (
            LEFT, WIDTH - RIGHT, y, y))
        out.append(text(LEFT - 6, y + 4, "%.1f" % (i / 5), "end"))
    for noise in NOISES:
        out.append(text(x_of(noise), HEIGHT - BOTTOM + 16, noise, "middle"))
    out.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, label, "middle"))
    return out


def line(points, colour, dash=""):
    return '<polyline fill="none" stroke="%s" stroke-width="2"%s points="%s"/>' % (
        colour, ' stroke-dasharray="%s"' % dash if dash else "",
        " ".join("%.1f,%.1f" % (x_of(noise), y_of(value)) for noise, value in points))


def legend(out, row, words, colour, dash=""):
    y = TOP + 18 * row
    out.append('<line x1="%d" x2="%d" y1="%d" y2="%d" stroke="%s" stroke-width="2"%s/>' % (
        WIDTH - RIGHT + 10, WIDTH - RIGHT + 34, y, y, colour,
        ' stroke-dasharray="%s"' % dash if dash else ""))
    out.append(text(WIDTH - RIGHT + 40, y + 4, words, size=11))


def write(name, out):
    with open(os.path.join(HERE, name), "w", encoding="utf-8") as f:
        f.write("\n".join(out) + "\n</svg>\n")


def plot_false():
    out = axes("Updates that accept an edit which helps on no sample (K 4, N 36)",
               "chance that a run flips")
    rows = read("false.csv")
    for number, (gate, colour) in enumerate(COLOURS.items()):
        points = [(r["noise"], float(r["accepted"])) for r in rows
                  if r["gate"] == gate and r["noise"] in NOISES]
        out.append(line(points, colour))
        legend(out, number, gate, colour)
    out.append(line([("0", 0.05), (".15", 0.05)], "#222", "2 3"))
    legend(out, len(COLOURS), "alpha .05", "#222", "2 3")
    write("false.svg", out)


def plot_power():
    out = axes("Acceptance that one good edit among four causes (K 4, N 36)",
               "chance that a run flips")
    rows = [r for r in read("power.csv")
            if r["candidates_with_effect"] == "1" and r["breaks"] == "0"]
    number = 0
    for fixes, dash in (("1", "2 3"), ("3", "6 3"), ("8", "")):
        for gate in ("reference", "hit duel"):
            points = [(r["noise"], float(r["caused"])) for r in rows
                      if (r["gate"], r["fixes"]) == (gate, fixes) and r["noise"] in NOISES]
            out.append(line(points, COLOURS[gate], dash))
            legend(out, number, "%s, fixes %s" % (gate, fixes), COLOURS[gate], dash)
            number += 1
    write("power.svg", out)


plot_false()
plot_power()
