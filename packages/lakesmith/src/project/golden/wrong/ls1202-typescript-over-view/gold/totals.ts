import { model } from 'lakesmith';

export default model({
  inputs: { orders: 'silver.part' },
  columns: { id: 'bigint' },
  rows: () => [],
});
