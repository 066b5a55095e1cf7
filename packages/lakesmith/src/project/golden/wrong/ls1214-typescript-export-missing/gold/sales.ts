import { model } from 'lakesmith';
import { column } from '../lib/columns.ts';

export default model({ sql: `select ${column} from bronze.orders` });
