stays = {stay["id"] for stay in last(encounters("encounter-icu"))}
rows = [o for o in observations(vital_name)
        if target(o.get("encounter")) in stays and value(o) > float(threshold)]
answer = [[len(rows)]]
