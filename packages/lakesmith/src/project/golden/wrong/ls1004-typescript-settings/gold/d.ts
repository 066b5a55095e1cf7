import { model } from 'lakesmith';

export default model({
  name: 'other',
  sql: 'select 1 as id',
});
