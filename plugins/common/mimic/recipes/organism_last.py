specimens = {s["id"] for s in found("Specimen") if same(name(s["type"]), spec_name)}
by_id = {o["id"]: o for o in found("Observation")}
tests = sorted((o for o in by_id.values() if target(o.get("specimen")) in specimens),
               key=lambda o: wall(o["effectiveDateTime"]))
grown = {name(by_id[target(m)]["code"]) for t in last(tests) for m in t.get("hasMember", [])}
answer = column(listed(sorted(grown)))
