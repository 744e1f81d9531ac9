stays = {stay["id"] for stay in encounters("encounter-hosp")}
ever = any(same(name(c["code"]), diagnosis_name) and target(c["encounter"]) in stays
           for c in found("Condition"))
answer = [[int(ever)]]
