import { model } from 'lakesmith';

export default model({
  sql: 'select order_id from bronze.orders',
  expect: { warn: { sane: (row: { amount: number }) => row.amount > 0 } },
});
