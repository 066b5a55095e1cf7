import { model } from 'lakesmith';

export default model({
  inputs: ['bronze.orders', 'silver.orders'],
  columns: { id: 'bigint' },
  rows: () => [],
});
