rows = [r for r in requests() if "dosageInstruction" in r
        and any(same(drug, drug_name) for drug in drugs(r))]
doses = [d["doseAndRate"][0]["doseQuantity"]["value"]
         for r in first(rows) for d in r["dosageInstruction"]]
answer = column("%g" % dose for dose in doses)
