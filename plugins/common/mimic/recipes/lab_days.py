now = wall(current_time)
answer = column((now - wall(o["effectiveDateTime"])).days for o in last(observations(lab_name)))
