def encounters(kind):
    return sorted(found("Encounter"), key=lambda e: wall(e["period"]["start"]))
