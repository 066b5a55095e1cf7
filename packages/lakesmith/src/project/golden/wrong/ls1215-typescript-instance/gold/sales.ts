class Sales {
  sql = 'select order_id from bronze.orders';
}

export default new Sales();
