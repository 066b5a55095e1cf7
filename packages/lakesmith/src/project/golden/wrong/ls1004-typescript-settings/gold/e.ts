import { models } from 'lakesmith';

export default models([
  { name: 'one', sql: 'select 1 as id' },
  { sql: 'select 2 as id' },
  { name: 'Three', sql: 'select 3 as id' },
  { name: 'one', sql: 'select 4 as id' },
]);
