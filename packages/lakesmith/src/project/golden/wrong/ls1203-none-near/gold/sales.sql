select sku from silver.products
