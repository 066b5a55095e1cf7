import { model } from 'lakesmith';
import { columns } from '../lib/columns.ts';

export default model({ sql: `select ${columns} from bronze.orders` });
