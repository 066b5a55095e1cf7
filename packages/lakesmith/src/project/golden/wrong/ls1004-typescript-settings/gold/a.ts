import { model } from 'lakesmith';

export default model({
  kay: 'order_id',
  sql: 'select order_id from bronze.orders',
  expect: {
    quarantined: { sane: 'order_id > 0' },
  },
});
