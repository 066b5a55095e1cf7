import { model } from 'lakesmith';
import { columnsOf } from '../lib/columns.ts';

export default model({ sql: `select ${columnsOf('order')} from bronze.orders` });
