import { model } from 'lakesmith';

export default model({
  key: 'id',
  inputs: ['bronze.orders'],
  columns: { order_id: 'bigint', amount: { type: 'double', description: 'net' } },
  expect: {
    quarantine: {
      sane: 'amont > 0',
    },
  },
  rows: () => [],
});
