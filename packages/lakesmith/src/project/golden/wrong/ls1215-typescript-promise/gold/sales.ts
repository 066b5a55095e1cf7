import { model } from 'lakesmith';

async function define() {
  return model({ sql: 'select order_id from bronze.orders' });
}

export default define();
