import { model } from 'lakesmith';

const column = 'amont';

export default model({
  sql: `select order_id, ${column} from bronze.orders`,
});
