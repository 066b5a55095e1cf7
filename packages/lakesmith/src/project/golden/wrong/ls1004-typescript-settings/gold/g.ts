import { model } from 'lakesmith';

export default model({
  inputs: ['bronze.orders'],
  async *rows() {},
});
