#!/usr/bin/env python3
"""Writes dbbench.jsonl, the set in the box: tables, questions, changes, answers.

Answers are worked out here, in Python; the tests run the statements in "sql" on a real server and
compare. Usage: make_dbbench.py > dbbench.jsonl
"""
import hashlib
import json

# name of the table, what a row is, key column, a column to group by, columns of numbers, rows
TABLES = [
    ("Harbour Ferries", "ferry", "Ferry", "Home Port", ["Seats", "Built", "Crew"], [
        ["Aurora", "Westhaven", "98", "1987", "9"], ["Bluebell", "Westhaven", "1200", "2004", "41"],
        ["Cormorant", "Saltmouth", "310", "1999", "12"], ["Dunlin", "Saltmouth", "75", "2011", "5"],
        ["Eider", "Norrby", "640", "1978", "23"], ["Fulmar", "Norrby", "90", "2018", "6"],
        ["Gannet", "Westhaven", "455", "1993", "18"], ["Heron", "Saltmouth", "1020", "2009", "37"]]),
    ("Mountain Huts 2023", "hut", "Hut", "Range", ["Beds", "Altitude (m)", "Guests"], [
        ["Adlerhorst", "Karwendel", "34", "1805", "960"], ["Brunnalm", "Karwendel", "110", "990", "2875"],
        ["Cima Alta", "Brenta", "8", "2610", "187"], ["Drei Zinnen", "Brenta", "64", "2405", "1933"],
        ["Edelrast", "Rofan", "25", "1460", "702"], ["Felsenheim", "Rofan", "140", "875", "3110"],
        ["Gratblick", "Brenta", "19", "2190", "455"], ["Hochleger", "Karwendel", "52", "1712", "1288"]]),
    ("Library Loans", "branch", "Branch", "District", ["Loans", "Members", "Open Hours"], [
        ["Ashgrove", "North", "9870", "1210", "38"], ["Birchwood", "North", "12040", "980", "44"],
        ["Castle Lane", "Old Town", "30115", "4105", "60"], ["Dockside", "Harbour", "845", "160", "9"],
        ["Elm Park", "South", "7720", "899", "36"], ["Foundry", "Harbour", "10300", "1344", "40"],
        ["Green End", "South", "6105", "1020", "28"], ["Hilltop", "North", "990", "101", "12"]]),
    ("Rowing Regatta", "crew", "Crew Name", "Club", ["Lane", "Points", "Average Age"], [
        ["Otters", "Riverside", "1", "88", "24"], ["Kingfishers", "Riverside", "2", "102", "31"],
        ["Pikes", "Old Mill", "3", "9", "19"], ["Herons", "Old Mill", "4", "95", "27"],
        ["Swans", "Lakeside", "5", "110", "42"], ["Teals", "Lakeside", "6", "74", "22"],
        ["Grebes", "Riverside", "7", "100", "35"], ["Coots", "Old Mill", "8", "67", "29"]]),
    ("Bakery Orders", "order", "Order No", "Customer", ["Loaves", "Price", "Distance"], [
        ["B-17", "Café Linde", "12", "39", "4"], ["B-18", "Hotel Post", "140", "420", "11"],
        ["B-19", "Café Linde", "9", "29", "4"], ["B-20", "School Kitchen", "95", "266", "7"],
        ["B-21", "Hotel Post", "60", "185", "11"], ["B-22", "Market Stall", "200", "510", "2"],
        ["B-23", "School Kitchen", "88", "250", "7"], ["B-24", "Market Stall", "30", "80", "2"]]),
    ("Weather Stations", "station", "Station", "Region", ["Rain (mm)", "Sun Hours", "Frost Days"], [
        ["Achill", "Coast", "1240", "1105", "8"], ["Ballyford", "Coast", "988", "1302", "11"],
        ["Clonree", "Midlands", "870", "1250", "34"], ["Dunmoor", "Uplands", "2105", "940", "71"],
        ["Ennisbeg", "Coast", "1122", "1198", "9"], ["Feakle", "Uplands", "1640", "1013", "52"],
        ["Glenore", "Midlands", "905", "1275", "29"], ["Headfort", "Midlands", "92", "1331", "30"]]),
    ("Tram Lines", "line", "Line", "Depot", ["Stops", "Length (km)", "Daily Riders"], [
        ["Line 1", "East Yard", "24", "11", "18200"], ["Line 2", "East Yard", "31", "14", "9400"],
        ["Line 3", "Mill Yard", "18", "8", "12750"], ["Line 4", "Mill Yard", "9", "4", "2980"],
        ["Line 5", "North Yard", "36", "19", "21500"], ["Line 6", "North Yard", "27", "12", "8800"],
        ["Line 7", "East Yard", "15", "7", "6120"], ["Line 8", "Mill Yard", "40", "22", "10990"]]),
    ("Orchard Harvest", "variety", "Variety", "Fruit", ["Trees", "Kilograms", "Harvest Week"], [
        ["Amberglow", "Apple", "120", "9800", "36"], ["Bellerose", "Pear", "45", "3150", "34"],
        ["Copperskin", "Apple", "210", "15400", "39"], ["Dewdrop", "Plum", "60", "990", "31"],
        ["Earlsfield", "Pear", "38", "2870", "35"], ["Frostling", "Apple", "95", "7020", "41"],
        ["Goldnight", "Plum", "72", "1105", "32"], ["Honeybark", "Pear", "8", "610", "37"]]),
    ("Chess Club Ratings", "player", "Player", "Team", ["Rating", "Games", "Wins"], [
        ["Amara Osei", "Red Rooks", "1875", "40", "22"], ["Bence Varga", "Red Rooks", "2104", "66", "41"],
        ["Chiara Neri", "Blue Bishops", "998", "12", "3"], ["Dmitri Volk", "Blue Bishops", "1520", "9", "5"],
        ["Elif Kaya", "Green Knights", "1766", "110", "58"], ["Farid Aziz", "Green Knights", "2050", "73", "39"],
        ["Greta Holm", "Red Rooks", "1645", "28", "14"], ["Hana Sato", "Blue Bishops", "1990", "101", "60"]]),
    ("Museum Exhibits", "exhibit", "Exhibit", "Hall", ["Visitors", "Opened", "Objects"], [
        ["Amber Road", "Hall A", "10400", "2012", "85"], ["Bronze Bells", "Hall B", "8730", "2016", "112"],
        ["Clockwork", "Hall A", "21050", "2019", "64"], ["Dragon Silk", "Hall C", "990", "2021", "9"],
        ["Early Maps", "Hall B", "15600", "2008", "140"], ["Folk Masks", "Hall C", "7340", "2014", "77"],
        ["Glass Garden", "Hall A", "12980", "2020", "51"], ["Hidden Ink", "Hall B", "5400", "2017", "38"]]),
]


def q(name):
    return "`%s`" % name


def lit(text):
    return "'%s'" % text.replace("'", "''")


def row_hash(row):
    return hashlib.md5(",".join(row).encode()).hexdigest()[:5]


def state_hash(rows):
    joined = ",".join(sorted(row_hash(row) for row in rows))[:1024]
    return "[('%s',)]" % hashlib.md5(joined.encode()).hexdigest()


def number(column):
    return "CAST(%s AS SIGNED)" % q(column)


def questions(table):
    """(type, description, label or end state, statement) for one table."""
    name, noun, key, group, nums, rows = table
    columns = [key, group] + nums
    at = {c: i for i, c in enumerate(columns)}
    a, b, c = nums
    groups = sorted({r[1] for r in rows})
    first, second, last = groups[0], groups[1 % len(groups)], groups[-1]

    def value(row, column):
        return int(row[at[column]])

    best = max(rows, key=lambda r: value(r, a))
    least = min(rows, key=lambda r: value(r, b))
    in_first = [r for r in rows if r[1] == first]
    in_last = [r for r in rows if r[1] == last]
    limit = sorted(value(r, c) for r in rows)[4]
    top = sorted(rows, key=lambda r: -value(r, a))[:3]
    two = sorted(rows[2:4] + rows[5:6], key=lambda r: value(r, b))
    names = [r[0] for r in two[:2]]
    more = max((r for r in rows if r[0] in names), key=lambda r: value(r, a))
    average = sum(value(r, a) for r in in_last) / len(in_last)
    t = q(name)
    yield ("ranking", f"Which {noun} has the highest {a}?", [best[0]],
           f"SELECT {q(key)} FROM {t} ORDER BY {number(a)} DESC LIMIT 1")
    yield ("ranking", f"Name the three {noun} entries with the largest {a}, one value for each.",
           [r[0] for r in top],
           f"SELECT {q(key)} FROM {t} ORDER BY {number(a)} DESC LIMIT 3")
    yield ("aggregation-MIN", f"What is the lowest {b} of any {noun} in the table?",
           [str(value(least, b))], f"SELECT MIN({number(b)}) FROM {t}")
    yield ("aggregation-MAX", f"What is the greatest {c} among the rows whose {group} is {second}?",
           [str(max(value(r, c) for r in rows if r[1] == second))],
           f"SELECT MAX({number(c)}) FROM {t} WHERE {q(group)} = {lit(second)}")
    yield ("aggregation-SUM", f"How much do the {a} values of {first} ({group}) come to in total?",
           [str(sum(value(r, a) for r in in_first))],
           f"SELECT SUM({number(a)}) FROM {t} WHERE {q(group)} = {lit(first)}")
    yield ("aggregation-AVG", f"On average, what {a} does a {noun} of {last} have?",
           ["%.2f" % average],
           f"SELECT AVG({number(a)}) FROM {t} WHERE {q(group)} = {lit(last)}")
    yield ("counting", f"How many {noun} entries have more than {limit} in {c}?",
           [str(sum(value(r, c) > limit for r in rows))],
           f"SELECT COUNT(*) FROM {t} WHERE {number(c)} > {limit}")
    yield ("comparison", f"Between {names[0]} and {names[1]}, which one shows the larger {a}?",
           [more[0]],
           f"SELECT {q(key)} FROM {t} WHERE {q(key)} IN ({lit(names[0])}, {lit(names[1])}) "
           f"ORDER BY {number(a)} DESC LIMIT 1")
    yield ("other", f"List every {noun} that belongs to {first}.", [r[0] for r in in_first],
           f"SELECT {q(key)} FROM {t} WHERE {q(group)} = {lit(first)}")
    yield ("other", f"Which {group} is recorded for {rows[4][0]}?", [rows[4][1]],
           f"SELECT {q(group)} FROM {t} WHERE {q(key)} = {lit(rows[4][0])}")
    new = ["New " + rows[1][0], last] + [str(value(rows[2], n) + 7) for n in nums]
    listed = ", ".join(f"{col} {val}" for col, val in zip(columns, new))
    yield ("INSERT", f"Add a row to the table with these values: {listed}.", rows + [new],
           f"INSERT INTO {t} ({', '.join(q(x) for x in columns)}) VALUES "
           f"({', '.join(lit(x) for x in new)})")
    short = ["Spare " + rows[3][0], first, "5", "1", "2"]
    yield ("INSERT", f"Please enter one more {noun}: its {key} is {short[0]}, its {group} {first}, "
           f"and {a}, {b} and {c} are 5, 1 and 2.", rows + [short],
           f"INSERT INTO {t} ({', '.join(q(x) for x in columns)}) VALUES "
           f"({', '.join(lit(x) for x in short)})")
    changed = [r[:at[c]] + [str(limit + 1)] + r[at[c] + 1:] if r[0] == rows[6][0] else r
               for r in rows]
    yield ("UPDATE", f"Correct the entry of {rows[6][0]}: its {c} should read {limit + 1}.", changed,
           f"UPDATE {t} SET {q(c)} = {lit(str(limit + 1))} WHERE {q(key)} = {lit(rows[6][0])}")
    moved = [[r[0], first] + r[2:] if r[1] == last else r for r in rows]
    yield ("UPDATE", f"Everything under {last} now belongs to {first}. Change {group} accordingly.",
           moved, f"UPDATE {t} SET {q(group)} = {lit(first)} WHERE {q(group)} = {lit(last)}")
    kept = [r for r in rows if r[0] != rows[7][0]]
    yield ("DELETE", f"Take {rows[7][0]} out of the table.", kept,
           f"DELETE FROM {t} WHERE {q(key)} = {lit(rows[7][0])}")


# Of the ten tables: five to learn from, three to choose by, two for the test.
SPLITS = ["dev"] * 5 + ["val"] * 3 + ["test"] * 2


def main():
    for table, split in zip(TABLES, SPLITS):
        name, _, key, group, nums, rows = table
        columns = [key, group] + nums
        slug = name.lower().replace(" ", "_")
        for i, (kind, description, end, sql) in enumerate(questions(table)):
            mutation = kind in ("INSERT", "UPDATE", "DELETE")
            entry = {
                "id": "%s_%02d" % (slug, i + 1),
                "split": split,
                "description": description,
                "type": [kind],
                "label": [] if mutation else end,
                "add_description": "The name of this table is %s, and the headers of this table are %s."
                                   % (name, ",".join(columns)),
                "table": {"table_name": name,
                          "table_info": {"columns": [{"name": c, "type": "TEXT"} for c in columns],
                                         "rows": rows}},
                "sql": {"query": sql, "length": len(sql)},
            }
            if mutation:
                entry["answer_md5"] = state_hash(end)
            print(json.dumps(entry, ensure_ascii=False))


if __name__ == "__main__":
    main()
