rows = [o for o in observations(lab_name) if in_year(o["effectiveDateTime"], year)]
answer = [[len(rows)]]
