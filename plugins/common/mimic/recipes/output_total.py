rows = [value(o) for o in observations(output_name) if on_day(o["effectiveDateTime"], date)]
answer = [[round(sum(rows), 6)]]
