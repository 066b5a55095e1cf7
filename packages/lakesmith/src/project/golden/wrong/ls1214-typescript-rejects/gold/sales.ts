import { model } from 'lakesmith';

const sql: string = await Promise.reject(new Error('the service does not answer'));
export default model({ sql });
