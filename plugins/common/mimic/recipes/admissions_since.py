rows = [e for e in encounters("encounter-hosp")
        if any(in_year(e["period"]["start"], y) for y in range(int(year), int(year) + 20))]
answer = [[len(rows)]]
