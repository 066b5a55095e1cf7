select order_id from gold.sales
