import { model } from 'lakesmith';

export default model({
  inputs: ['bronze.orders'],
  columns: {
    id: 'bigit',
    at: { type: 'interval' },
    both: 'bigint',
    Both: 'bigint',
    raw: 'blob[]',
  },
  rows: () => [],
});
