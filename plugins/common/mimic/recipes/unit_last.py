places = {place["id"]: place["name"] for place in found("Location")}
units = []
for stay in last(encounters("encounter-hosp")):
    units = sorted(stay["location"], key=lambda l: wall(l["period"]["start"]))
answer = column(resolved(places, target(unit["location"])) for unit in last(units))
