#!/usr/bin/env python3
"""A random ward for tests and measurements, and random searches of it.

    ward.py data --patients N [--per-patient N] [--seed N] > ward.ndjson
    ward.py urls --patients N --count N [--labs] [--seed N] > urls.txt

Only what searches look at: values are drawn so that searches hit and miss, at boundaries too.
"""
import argparse
import json
import random
import sys

FAMILIES = ["Stafford", "Alvarez", "Sandoval", "Snyder", "Gould", "Bishop", "Vasquez", "Hicks",
            "Merritt", "Dunlap", "Palmer", "Ramos", "Cruz", "Reid", "Owens", "Kidd"]
GIVEN = ["Peter", "Maria", "Dana", "James", "Justin", "Andrew", "Kevin", "Brian", "Katrina",
         "Glenda", "Emily", "Debra", "Tim", "Tina", "Robert", "Julie"]
LABS = [("MG", "mg/dL"), ("K", "mmol/L"), ("GLU", "mg/dL"), ("A1C", "%"), ("TSH", "mIU/L"),
        ("FT4", "ng/dL")]
VITALS = [("HEARTRATE", "/min"), ("BP", "mm[Hg]"), ("TEMP", "Cel")]
PROCEDURES = ["IMGCT0491", "IMGIL0001", "74177", "NUR1373", "90686", "COVIDVACCINE"]
CONDITIONS = ["C64.2", "I10", "E11.9", "J45.909"]
DRUGS = ["heparin", "enoxaparin", "oxycodone", "naloxone", "ondansetron", "levothyroxine"]
LOINC = "http://loinc.org"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"


def mrn(i):
    return "S%07d" % (1000000 + i * 7)


def moment(rng):
    """Full timestamps on a coarse grid, so that searches meet them exactly."""
    return "%04d-%02d-%02dT%02d:%02d:00+00:00" % (
        rng.choice([2021, 2022, 2023, 2023, 2023]), rng.randint(1, 12), rng.randint(1, 28),
        rng.randint(0, 23), rng.choice([0, 15, 30, 45]))


def patient(rng, i):
    return {
        "resourceType": "Patient", "id": mrn(i),
        "meta": {"versionId": "1", "lastUpdated": "2024-01-01T00:00:00.000+00:00"},
        "identifier": [{"system": "http://hospital.example/mrn", "value": mrn(i)}],
        "name": [{"use": "official", "family": rng.choice(FAMILIES),
                  "given": rng.sample(GIVEN, rng.randint(1, 2))}],
        "gender": rng.choice(["male", "female"]),
        "birthDate": "%04d-%02d-%02d" % (rng.randint(1930, 2004), rng.randint(1, 12),
                                         rng.randint(1, 28)),
    }


def clinical(rng, kind, ident, i, code, text=None):
    return {
        "resourceType": kind, "id": ident,
        "meta": {"versionId": "1", "lastUpdated": "2024-01-01T00:00:00.000+00:00"},
        "subject": {"reference": "Patient/" + mrn(i)},
        ("medicationCodeableConcept" if kind == "MedicationRequest" else "code"):
            {"coding": [code], "text": text or code["code"]},
    }


def observation(rng, ident, i):
    vital = rng.random() < 0.3
    code, unit = rng.choice(VITALS if vital else LABS)
    out = clinical(rng, "Observation", ident, i, dict({"code": code},
                                                      **({"system": LOINC} if rng.random() < 0.5
                                                         else {})))
    out["status"] = rng.choice(["final", "final", "final", "preliminary"])
    out["category"] = [{"coding": [{"system": CATEGORY,
                                    "code": "vital-signs" if vital else "laboratory"}]}]
    out["effectiveDateTime"] = moment(rng)
    out["valueQuantity"] = {"value": round(rng.uniform(0.5, 12), 1), "unit": unit}
    return out


def other(rng, ident, i):
    kind = rng.choice(["Procedure", "Condition", "MedicationRequest", "ServiceRequest"])
    if kind == "Procedure":
        out = clinical(rng, kind, ident, i, {"code": rng.choice(PROCEDURES)})
        out.update(status="completed", performedDateTime=moment(rng))
    elif kind == "Condition":
        out = clinical(rng, kind, ident, i, {"code": rng.choice(CONDITIONS)})
        out.update(category=[{"coding": [{"code": "problem-list-item"}]}],
                   onsetDateTime=moment(rng))
    else:
        code = rng.choice(DRUGS) if kind == "MedicationRequest" else rng.choice(PROCEDURES)
        out = clinical(rng, kind, ident, i, {"code": code})
        out.update(status=rng.choice(["active", "completed", "stopped"]), intent="order",
                   authoredOn=moment(rng))
    return out


def write_data(args):
    rng = random.Random(args.seed)
    number = 0
    for i in range(args.patients):
        rows = [patient(rng, i)]
        for _ in range(args.per_patient):
            number += 1
            make = observation if rng.random() < 0.75 else other
            rows.append(make(rng, "r%d" % number, i))
        sys.stdout.write("".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows))


def date_value(rng):
    text = moment(rng)
    cut = rng.choice([4, 7, 10, 10, 10, 16, 25])
    text = text[:cut] + ("+00:00" if cut == 16 else "")
    if cut == 16:
        text = text.replace("+00:00", ":00Z")
    prefix = rng.choice(["", "ge", "le", "gt", "lt", "sa", "eb"])
    return prefix + text.replace("+", "%2B")


def reference(rng, args):
    who = mrn(rng.randrange(args.patients + args.patients // 20 + 1))
    return rng.choice([who, "Patient/" + who])


def code_value(rng, codes):
    some = rng.sample(codes, rng.choice([1, 1, 1, 2]))
    form = rng.choice(["", "", "", LOINC + "|", "|"])
    return ",".join((form + code).replace("|", "%7C") for code in some)


def search(rng, args):
    """One search: a type and some of its parameters."""
    kind = rng.choice(["Observation"] * 12 + ["Patient"] + ["Procedure", "Condition",
                                                            "MedicationRequest",
                                                            "ServiceRequest"] * 2)
    params = []
    dates = {"Observation": "date", "Procedure": "date", "Condition": "onset-date",
             "MedicationRequest": "authoredon", "ServiceRequest": "authored"}
    codes = {"Observation": [c for c, _ in LABS + VITALS] + ["8867-4"],
             "Procedure": PROCEDURES, "Condition": CONDITIONS, "MedicationRequest": DRUGS,
             "ServiceRequest": PROCEDURES}
    if kind == "Patient":
        params += rng.sample([
            ("family", rng.choice(FAMILIES)), ("given", rng.choice(GIVEN).lower()),
            ("name", rng.choice(FAMILIES + GIVEN)), ("gender", rng.choice(["male", "female"])),
            ("identifier", mrn(rng.randrange(args.patients))),
            ("birthdate", rng.choice(["ge", "lt", ""]) + "%d" % rng.randint(1930, 2004)),
            ("birthdate", rng.choice(["ge", "le"]) + "19%02d-%02d" % (rng.randint(30, 99),
                                                                     rng.randint(1, 12))),
            ("_id", ",".join(mrn(rng.randrange(args.patients)) for _ in range(2)))],
            rng.choice([1, 1, 2]))
    else:
        if rng.random() >= args.unscoped:
            params.append((rng.choice(["patient", "patient", "subject"]), reference(rng, args)))
            if params[0][0] == "subject" and not params[0][1].startswith("Patient/"):
                params[0] = ("patient", params[0][1])
        if rng.random() < 0.7:
            params.append(("code", code_value(rng, codes[kind])))
        for _ in range(rng.choice([0, 0, 1, 1, 2])):
            params.append((dates[kind], date_value(rng)))
        if kind == "Observation" and rng.random() < 0.2:
            params.append(("category", rng.choice(["laboratory", "vital-signs"])))
        if kind in ("Observation", "MedicationRequest", "ServiceRequest") and rng.random() < 0.2:
            params.append(("status", rng.choice(["final", "active", "completed",
                                                 "active,completed"])))
        if rng.random() < 0.3:
            params.append(("_sort", rng.choice(["", "-"]) + dates[kind]))
    if not params:
        params.append(("_id", "r%d" % rng.randint(1, args.patients * 10)))
    rng.shuffle(params)
    return kind + "?" + "&".join("%s=%s" % p for p in params) + "&_count=1000"


def lab_search(rng, args):
    """What an agent asks most: the readings of one code of one patient since some time."""
    return "Observation?patient=%s&code=%s&date=ge%s" % (
        mrn(rng.randrange(args.patients)), rng.choice(LABS)[0], moment(rng)[:10])


def write_urls(args):
    rng = random.Random(args.seed + 1)
    for _ in range(args.count):
        print((lab_search if args.labs else search)(rng, args))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["data", "urls"])
    parser.add_argument("--patients", type=int, default=200)
    parser.add_argument("--per-patient", type=int, default=20)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--unscoped", type=float, default=0.15,
                        help="how many of the searches name no patient")
    parser.add_argument("--labs", action="store_true", help="patient, code and date only")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    (write_data if args.what == "data" else write_urls)(args)


main()
