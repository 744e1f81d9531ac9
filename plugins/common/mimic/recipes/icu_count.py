answer = [[len(encounters("encounter-icu"))]]
