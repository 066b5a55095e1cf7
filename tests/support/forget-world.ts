import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';

/** Who is forgotten. No other text of the project has it in it but that of somebody whose address ends in the same. */
export const anna = 'anna.forgotten@lake.example';
export const hanna = `h${anna}`;

const people = [
  { email: anna, name: 'Anna', country: 'de' },
  { email: hanna, name: 'Hanna', country: 'de' },
  { email: 'bo@lake.example', name: 'Bo', country: 'se' },
];
const more = [
  { email: anna, name: '', country: 'xx' },
  { email: 'cy@lake.example', name: 'Cy', country: 'fr' },
];
const orders = [
  { id: 1, email: anna, amount: 10 },
  { id: 2, email: 'bo@lake.example', amount: 5 },
  { id: 3, email: anna, amount: -7 },
  { id: 4, email: hanna, amount: 3 },
  { id: 5, email: 'cy@lake.example', amount: -1 },
  { id: 6, email: anna, amount: 5000 },
];
const changes = [
  `1,${anna},2026-01-01T00:00:00Z`,
  '2,bo@lake.example,2026-01-02T00:00:00Z',
  `1,${anna},2026-01-03T00:00:00Z`,
];

const isOther = (text: string): boolean => !new RegExp(`(^|[^h])${anna}`).test(text);
const csv = (rows: typeof people): string =>
  ['email,name,country', ...rows.map((row) => Object.values(row).join(',')), ''].join('\n');
const lines = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

/** A project through which an address goes on every way that there is; without her as if she had never been in its files. */
export function forgetProject({ without = false }: { readonly without?: boolean } = {}): Record<string, string> {
  const keeps = (row: { readonly email: string }): boolean => !without || isOther(row.email);
  return {
    'lakesmith.yml': 'lakesmith: 1\nname: f\nlake: ./lake\ntimezone: UTC\nconnections:\n  shop: sample://shop\n',
    'bronze/customers.yml': 'files: landing/c/*.csv\n',
    'bronze/orders.yml': 'files: landing/o/*.json\n',
    'bronze/shop.yml': 'connection: shop\nfollow: changes\ntables:\n  people:\n    key: id\n',
    'landing/c/1.csv': csv(people.filter(keeps)),
    'landing/c/2.csv': csv(more.filter(keeps)),
    'landing/o/1.json': lines(orders.filter(keeps)),
    'shop/people.csv': ['id,email,updated_at', ...changes.filter((line) => !without || isOther(line)), ''].join('\n'),
    'silver/customers.sql':
      '/* ---\nkey: email\nexpect:\n  quarantine:\n    named: name is not null\n--- */\nselect email, name, country from bronze.customers\n',
    'silver/orders.sql':
      '/* ---\nkey: id\nexpect:\n  quarantine:\n    positive: amount > 0\n--- */\nselect o.id, o.email, o.amount, c.country from bronze.orders o left join bronze.customers c on c.email = o.email and c.name is not null\n',
    'silver/unmarked.sql':
      '/* ---\nexpect:\n  quarantine:\n    small: amount < 100\n--- */\nselect lower(o.email) as who, o.amount from bronze.orders o join bronze.customers c on c.email = o.email and c.name is not null\n',
    'silver/people.sql':
      '/* ---\nkind: history\nkey: id\nvalid_from: updated_at\n--- */\nselect id, email, updated_at from bronze.people\n',
    'silver/by_mail.sql': '/* ---\npartition_by: email\n--- */\nselect email, amount from bronze.orders\n',
    'silver/strict.sql':
      '/* ---\nkey: [id, email]\nexpect:\n  fail:\n    small: amount < 1000\n--- */\nselect id, email, amount from bronze.orders\n',
    'gold/by_country.sql':
      'select country, count(*) as orders, sum(amount) as amount from silver.orders group by all\n',
    'gold/mails.sql': '/* ---\nkind: view\n--- */\nselect email, name from silver.customers\n',
  };
}

/** The words that name all her rows. */
export const hers: readonly string[] = [
  'silver.customers',
  `email=${anna}`,
  'bronze.orders',
  `email=${anna}`,
  'bronze.people',
  `email=${anna}`,
];

/** Where her address is below a folder: in names, in bytes, and in the rows of whatever is Parquet. */
export async function tracesOf(connection: DuckDBConnection, folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  const other = (text: string): string => text.replaceAll(hanna, '').replaceAll(encodeURIComponent(hanna), '');
  const has = (text: string): boolean => [anna, encodeURIComponent(anna)].some((one) => other(text).includes(one));
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (has(path.slice(folder.length))) found.push(path);
    if (!entry.isFile()) continue;
    if (has((await readFile(path)).toString('latin1'))) found.push(path);
    if (!path.endsWith('.parquet')) continue;
    const rows = await connection.runAndReadAll(
      `select to_json(t)::varchar from read_parquet('${path}', hive_partitioning = false) t`,
    );
    if (rows.getRows().some(([row]) => has(String(row)))) found.push(path);
  }
  return [...new Set(found)];
}
