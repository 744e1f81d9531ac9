def hours(stay):
    length = wall(stay["period"]["end"]) - wall(stay["period"]["start"])
    return int(length.total_seconds()) // 3600

answer = column(hours(stay) for stay in first(encounters("encounter-icu")))
