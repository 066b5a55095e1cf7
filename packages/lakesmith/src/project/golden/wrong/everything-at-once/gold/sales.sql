select sum(amount) from silver.order
