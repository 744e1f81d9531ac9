def routes(request):
    return [name(d.get("route")) for d in request.get("dosageInstruction", [])]

rows = [r for r in requests() if any(same(route, drug_route) for route in routes(r))]
answer = "".join(target(r["medicationReference"]) for r in last(rows))
