by_id = {o["id"]: o for o in found("Observation")}
rows = []
for organism in observations(organism_name):
    for member in organism.get("hasMember", []):
        tested = by_id[target(member)]
        if same(name(tested["code"]), antibiotic_name):
            rows.append(tested)
answer = column(name(o["valueCodeableConcept"]) for o in first(rows))
