def first(rows):
    return rows[-1:]

def last(rows):
    return rows[:1]
