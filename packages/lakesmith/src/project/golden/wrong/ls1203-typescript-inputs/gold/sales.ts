import { model } from 'lakesmith';

export default model({
  inputs: ['bronze.order'],
  columns: { id: 'bigint' },
  rows: () => [],
});
