import { model } from 'lakesmith';

enum Country {
  at,
}

export default model({ sql: `select order_id from bronze.orders where country = '${Country.at}'` });
