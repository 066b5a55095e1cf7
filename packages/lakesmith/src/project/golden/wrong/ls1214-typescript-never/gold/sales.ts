import { model } from 'lakesmith';

const sql: string = await new Promise(() => {});
export default model({ sql });
