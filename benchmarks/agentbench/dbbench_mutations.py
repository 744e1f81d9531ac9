#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Statements for DBBench's INSERT and UPDATE samples.

The data has no gold SQL for them, only the hash of the table afterwards. `find` looks for a change
that the description's own words name and that gives the labelled hash, by the hash's formula and
without a database, and prints recipes: positions in the data, none of its text. `cases` adds the
statements of recipes to a file of recorded cases; build/tests/golden_agentbench_os_db runs them
through the plugin.

    dbbench_mutations.py find DATA > tests/golden/dbbench_mutations.json      (a quarter of a minute)
    dbbench_mutations.py cases DATA tests/golden/dbbench_mutations.json GOLDEN > CASES
    build/tests/golden_agentbench_os_db CASES

A recipe is [sample, row, values]: an INSERT without row has a value per column, an UPDATE pairs
of column and value. A value is [begin, end] in the description, or a text of its own.
"""

import hashlib
import itertools
import json
import re
import sys
from pathlib import Path

QUOTED = re.compile(r"'((?:[^']|'(?=\w))*)'(?!\w)|\"([^\"]*)\"|`([^`]*)`|‘([^’]*)’|“([^”]*)”")
NUMBERS = {"one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
           "eight": "8", "nine": "9", "ten": "10", "zero": "0", "first": "1st", "second": "2nd",
           "third": "3rd"}
FILLERS = ["", "-", "0", "1"]
MOST_TRIES = 400_000  # of 2^20 values of a row's hash: beyond that, chance finds one
MOST_WORDS = 8


def load(folder):
    lines = (Path(folder) / "standard_with_test.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def kind(entry):
    return entry["type"][0]


def columns(entry):
    return [column["name"] for column in entry["table"]["table_info"]["columns"]]


def rows(entry):
    return [[str(cell) for cell in row] for row in entry["table"]["table_info"]["rows"]]


def row_hash(row):
    return hashlib.md5(",".join(row).encode()).hexdigest()[:5]


def is_label(entry, hashes):
    text = ",".join(sorted(hashes))[:1024]
    return hashlib.md5(text.encode()).hexdigest() in entry["answer_md5"]


def quoted(text):
    return [next(group for group in match.groups() if group is not None)
            for match in QUOTED.finditer(text)]


def exact(text):
    """What is quoted, and words with a digit, in their order."""
    out, at = [], 0
    for match in itertools.chain(QUOTED.finditer(text), [None]):
        between = text[at:match.start() if match else len(text)]
        out += [word.strip(".,;:()") for word in between.split() if re.search(r"\d", word)]
        if match:
            out.append(next(group for group in match.groups() if group is not None))
            at = match.end()
    return list(dict.fromkeys(out))


def phrases(text):
    words, out = text.split(), quoted(text)
    for count in range(1, MOST_WORDS + 1):
        for i in range(len(words) - count + 1):
            phrase = " ".join(words[i:i + count]).strip(".,;:!?'\"()`")
            out += [phrase, phrase.removesuffix("'s")]
    out += [NUMBERS[word.strip(".,").lower()] for word in words if word.strip(".,").lower() in NUMBERS]
    return list(dict.fromkeys(out + FILLERS))


def new_rows(entry):
    """Rows that an INSERT may mean, the likeliest first."""
    text, count = entry["description"], len(columns(entry))
    given = re.search(r"VALUES\s*\((.*)\)", text, re.I | re.S)
    if given:
        yield [value.strip().strip("'\"") for value in given.group(1).split(",")]
    for values in (quoted(text), exact(text)):
        if count <= len(values) <= 22:
            yield from map(list, itertools.combinations(values, count))
    for values in (quoted(text), exact(text)):
        if count > 8 or not 0 < len(values) <= 7:
            continue
        for used in range(min(len(values), count), 0, -1):
            for some in itertools.combinations(values, used):
                for places in itertools.permutations(range(count), used):
                    row = [""] * count
                    for place, value in zip(places, some):
                        row[place] = value
                    yield row


def changes(entry):
    """[row, [(column, value)...]] that an UPDATE may mean."""
    table, text = rows(entry), entry["description"]
    said = phrases(text)
    for column, value, row in itertools.product(range(len(columns(entry))), said, range(len(table))):
        if table[row][column] != value:
            yield row, [(column, value)]
    named = [i for i, row in enumerate(table) if not set(row).isdisjoint(said)]
    for values in (quoted(text)[:10], exact(text)[:10]):
        for count in (2, 3):
            for some in itertools.permutations(values, count):
                for places in itertools.combinations(range(len(columns(entry))), count):
                    for row in named:
                        yield row, list(zip(places, some))


def find_insert(entry):
    have = [row_hash(row) for row in rows(entry)]
    for row in itertools.islice(new_rows(entry), MOST_TRIES):
        if len(row) == len(columns(entry)) and is_label(entry, have + [row_hash(row)]):
            return [None, row]
    return None


def find_update(entry):
    table = rows(entry)
    have = [row_hash(row) for row in table]
    for at, cells in itertools.islice(changes(entry), MOST_TRIES):
        row = list(table[at])
        for column, value in cells:
            row[column] = value
        if is_label(entry, have[:at] + [row_hash(row)] + have[at + 1:]):
            return [at, cells]
    return None


def place(text, value):
    at = text.find(value) if value not in FILLERS + list(NUMBERS.values()) else -1
    return value if at < 0 else [at, at + len(value)]


def find(entries):
    out = []
    for index, entry in enumerate(entries):
        text = entry["description"]
        if kind(entry) == "INSERT" and (found := find_insert(entry)):
            out.append([index, None, [place(text, value) for value in found[1]]])
        elif kind(entry) == "UPDATE" and (found := find_update(entry)):
            out.append([index, found[0], [[c, place(text, value)] for c, value in found[1]]])
    print("[" + ",\n".join(json.dumps(recipe) for recipe in out) + "]")
    samples = sum(kind(entry) in ("INSERT", "UPDATE") for entry in entries)
    print(f"{len(out)} of {samples} found", file=sys.stderr)


def literal(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def statement(entry, row, values):
    def text_of(value):
        return value if isinstance(value, str) else entry["description"][value[0]:value[1]]

    table, names = entry["table"]["table_name"], columns(entry)
    if row is None:
        return (f"INSERT INTO `{table}` ({','.join(f'`{name}`' for name in names)}) VALUES "
                f"({','.join(literal(text_of(value)) for value in values)})")
    cells = ",".join(f"`{names[column]}`={literal(text_of(value))}" for column, value in values)
    where = " AND ".join(f"`{name}`={literal(cell)}" for name, cell in zip(names, rows(entry)[row]))
    return f"UPDATE `{table}` SET {cells} WHERE {where} LIMIT 1"


def cases(entries, recipes, recorded):
    known = recorded["dbbench"]["mutation_sql"]
    there = {case["index"] for case in known}
    known += [{"index": index, "type": kind(entries[index]), "label": entries[index]["answer_md5"],
               "sql": statement(entries[index], row, values)}
              for index, row, values in recipes if index not in there]
    json.dump(recorded, sys.stdout)


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "find":
        find(load(sys.argv[2]))
    elif len(sys.argv) == 5 and sys.argv[1] == "cases":
        cases(load(sys.argv[2]), *(json.loads(Path(path).read_text(encoding="utf-8"))
                                   for path in sys.argv[3:]))
    else:
        sys.exit(__doc__)


main()
