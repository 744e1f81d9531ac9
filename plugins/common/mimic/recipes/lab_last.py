answer = column(value(o) for o in last(observations(lab_name)))
