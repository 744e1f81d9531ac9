ever = any(in_year(r["authoredOn"], year) and any(same(drug, drug_name) for drug in drugs(r))
           for r in requests())
answer = [[int(ever)]]
