import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { folder, raw } from './setting.mjs';

/** A folder for another program, with the inputs of the models in a database of the engine's own. */
export function makeShop(name, { base, customers, products }) {
  const at = join(folder, name);
  const database = join(at, 'shop.duckdb');
  mkdirSync(join(at, 'models'), { recursive: true });
  raw(`${name}-data`, [
    `attach '${database}' as shop`,
    'create schema shop.silver',
    `create table shop.silver.orders as ${base}`,
    `create table shop.silver.customers as select i::int as id, ['DE','FR','US','GB','IT','ES','NL','PL'][1 + (hash(i * 3) % 8)::int] as country, ['gold','silver','bronze'][1 + (hash(i * 5) % 3)::int] as tier from range(${customers}) t(i)`,
    `create table shop.silver.products as select i::int as id, 'cat' || (hash(i) % 200) as category from range(${products}) t(i)`,
    'detach shop',
  ])();
  return { at, database };
}
