stays = {stay["id"] for stay in last(encounters("encounter-hosp"))}
names = {name(c["code"]) for c in found("Condition") if target(c["encounter"]) in stays}
answer = column(listed(sorted(names)))
