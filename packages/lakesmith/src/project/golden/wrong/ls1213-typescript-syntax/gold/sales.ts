import { model } from 'lakesmith';

export default model({
  key: 'order_id',
  sql: 'select order_id from bronze.orders' as,
});
