import { model } from 'lakesmith';

export default model({
  kind: 'history',
  refresh: 'incremental',
  inputs: ['bronze.orders'],
  columns: { id: 'bigint' },
  limits: { time: 'long', memory: '1 elephant' },
  rows: () => [],
});
