import { model } from 'lakesmith';

export const sales = model({ sql: 'select order_id from bronze.orders' });
