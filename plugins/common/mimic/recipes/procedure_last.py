times = sorted(wall(p["performedDateTime"]) for p in found("Procedure")
               if "performedDateTime" in p and same(name(p["code"]), procedure_name))
answer = column(str(time) for time in last(times))
