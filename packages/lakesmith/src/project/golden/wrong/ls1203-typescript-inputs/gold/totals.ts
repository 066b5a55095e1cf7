import { model } from 'lakesmith';

export default model({
  inputs: { orders: 'orders' },
  columns: { id: 'bigint' },
  rows: () => [],
});
