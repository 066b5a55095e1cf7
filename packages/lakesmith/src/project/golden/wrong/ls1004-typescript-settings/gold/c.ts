import { model } from 'lakesmith';

export default model({
  sql: 'select 1 as id',
  columns: { id: 'bigint' },
  rows: () => [{ id: 1 }],
});
