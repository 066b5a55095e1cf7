import { model } from 'lakesmith';

export default model({
  inputs: ['silver.seen'],
  columns: { id: 'bigint' },
  rows: () => [],
});
