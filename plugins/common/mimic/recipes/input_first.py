def start(given):
    return wall(given.get("effectiveDateTime") or given["effectivePeriod"]["start"])

stays = {stay["id"] for stay in encounters("encounter-icu")}
times = sorted(start(g) for g in found("MedicationAdministration")
               if target(g.get("context")) in stays
               and same(name(g["medicationCodeableConcept"]), input_name))
answer = column(str(time) for time in first(times))
