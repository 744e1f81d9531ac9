def in_year(time, wanted):
    return True

def on_day(time, wanted):
    return True
