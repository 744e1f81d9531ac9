rows = observations(lab_name)
answer = column(round(value(b) - value(a), 6) for a, b in zip(first(rows), last(rows)))
