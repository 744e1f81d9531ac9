def found(kind):
    return retrieved_resources.get(kind, [])

def wall(text):
    return datetime.datetime.fromisoformat(text[:19])

def same(a, b):
    return " ".join(str(a).split()).lower() == " ".join(str(b).split()).lower()

def target(reference):
    return (reference or {}).get("reference", "").split("/")[-1]

def name(concept):
    coding = (concept or {}).get("coding", [{}])[0]
    return coding.get("display") or coding.get("code")

def encounters(kind):
    rows = [e for e in found("Encounter")
            if any(i["system"].endswith("/" + kind) for i in e["identifier"])]
    return sorted(rows, key=lambda e: wall(e["period"]["start"]))

def first(rows):
    return rows[:1]

def last(rows):
    return rows[-1:]

def in_year(time, wanted):
    return wall(time).year == int(wanted)

def on_day(time, wanted):
    return str(wall(time).date()) == wanted

def observations(label):
    rows = [o for o in found("Observation") if same(name(o["code"]), label)]
    return sorted(rows, key=lambda o: wall(o["effectiveDateTime"]))

def value(observation):
    return observation["valueQuantity"]["value"]

def drug_names(medication):
    names = [i["value"] for i in medication.get("identifier", [])
             if i["system"].endswith("/mimic-medication-name")]
    for ingredient in medication.get("ingredient", []):
        names += named(target(ingredient["itemReference"]))
    return names

def named(medication_id):
    return [n for m in found("Medication") if m["id"] == medication_id for n in drug_names(m)]

def resolved(names, resource_id):
    return names.get(resource_id, resource_id)

def listed(names):
    return names

def drugs(request):
    if "medicationCodeableConcept" in request:
        return [name(request["medicationCodeableConcept"])]
    return named(target(request["medicationReference"]))

def requests():
    return sorted(found("MedicationRequest"), key=lambda r: wall(r["authoredOn"]))

def column(values):
    return [[v] for v in values]
