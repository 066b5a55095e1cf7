select a.id, a.totl, amount from silver.a
