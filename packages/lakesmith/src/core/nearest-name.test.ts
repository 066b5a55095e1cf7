import { describe, expect, it } from 'vitest';
import { nearestName } from './nearest-name.ts';

describe('the name that was probably meant', () => {
  it.each([
    ['regoin', ['country', 'country_name', 'region', 'vat_rate'], 'region'],
    ['timzone', ['name', 'timezone', 'lake'], 'timezone'],
    ['kye', ['key', 'kind'], 'key'],
    ['Order_ID', ['order_id'], 'order_id'],
    ['cust', ['order_id', 'customer_id'], 'customer_id'],
    ['month', ['sold_month', 'revenue'], 'sold_month'],
    ['xyz', ['order_id', 'status'], undefined],
    ['a', ['b', 'c'], undefined],
    ['', ['b'], undefined],
  ])('%s', (written, names, expected) => {
    expect(nearestName(written, names)).toBe(expected);
  });
});
