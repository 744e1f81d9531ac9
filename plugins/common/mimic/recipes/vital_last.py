stays = {stay["id"] for stay in first(encounters("encounter-icu"))}
rows = [o for o in observations(vital_name) if target(o.get("encounter")) in stays]
answer = column(value(o) for o in last(rows))
