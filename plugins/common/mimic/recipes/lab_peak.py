values = [value(o) for o in observations(lab_name) if in_year(o["effectiveDateTime"], year)]
answer = [[max(values)]] if values else []
