tests = sorted((o for o in found("Observation") if "/mimic-microbiology-test" in
                o["code"]["coding"][0]["system"]), key=lambda o: wall(o["effectiveDateTime"]))
kinds = {s["id"]: name(s["type"]) for s in found("Specimen")}
answer = column(resolved(kinds, target(o["specimen"])) for o in last(tests))
