stays = {stay["id"] for stay in last(encounters("encounter-hosp"))}
rows = [o for o in observations(lab_name) if target(o.get("encounter")) in stays]
answer = column(value(o) for o in first(rows))
