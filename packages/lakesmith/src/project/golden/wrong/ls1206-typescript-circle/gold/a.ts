import { model } from 'lakesmith';

export default model({
  inputs: ['gold.b'],
  columns: { id: 'bigint' },
  rows: () => [],
});
