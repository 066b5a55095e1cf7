import { model } from 'lakesmith';

const rows: string[][] = [];
for (;;) rows.push(Array.from({ length: 1000 }, (_, i) => `row ${i}`));
export default model({ sql: 'select order_id from bronze.orders' });
