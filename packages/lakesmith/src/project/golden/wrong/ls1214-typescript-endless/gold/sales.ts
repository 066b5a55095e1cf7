import { model } from 'lakesmith';

for (;;);
export default model({ sql: 'select order_id from bronze.orders' });
