select id, at_home(country) as at_home from bronze.orders where country <> $country
