import { model } from 'lakesmith';

if (!process.env['NEVER_SET_ANYWHERE']) process.exit(1);
export default model({ sql: 'select order_id from bronze.orders' });
