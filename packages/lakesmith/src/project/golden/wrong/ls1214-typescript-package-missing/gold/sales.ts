import { model } from 'lakesmith';
import { format } from 'no-such-package-here';

export default model({ sql: format('select order_id from bronze.orders') });
