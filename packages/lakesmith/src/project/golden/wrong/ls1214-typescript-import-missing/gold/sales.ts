import { model } from 'lakesmith';
import { columns } from '../lib/column';

export default model({ sql: `select ${columns} from bronze.orders` });
