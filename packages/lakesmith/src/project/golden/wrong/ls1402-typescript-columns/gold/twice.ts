import { model } from 'lakesmith';

export default model({
  columns: {
    both: 'bigint',
    Both: 'bigint',
    'a b': 'bigint',
  },
  rows: () => [],
});
