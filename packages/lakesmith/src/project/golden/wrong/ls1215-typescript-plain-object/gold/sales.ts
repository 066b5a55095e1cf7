export default { sql: 'select order_id from bronze.orders' };
