tests = sorted((o for o in found("Observation") if "/mimic-microbiology-test" in
                o["code"]["coding"][0]["system"]), key=lambda o: wall(o["effectiveDateTime"]))
answer = "".join(target(o["specimen"]) for o in last(tests))
