import { model } from 'lakesmith';

export default model({ sql: 'select id from gold.a' });
