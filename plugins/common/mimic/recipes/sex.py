answer = column(p["gender"][:1].upper() for p in found("Patient"))
