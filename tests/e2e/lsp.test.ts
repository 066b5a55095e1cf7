import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeFolder, root, temporaryFolder } from '../support/command.ts';
import { LspClient } from '../support/lsp-client.ts';

let folder = '';
beforeAll(async () => {
  folder = await temporaryFolder();
  await cp(join(root, 'samples/retail'), folder, { recursive: true });
});
afterAll(() => removeFolder(folder));

/** Everything that is said, in the order in which it is asked. */
class Transcript {
  readonly #lines: string[] = [];
  readonly client: LspClient = new LspClient(folder);

  tell(line: string): void {
    this.#lines.push(line);
  }

  async open(path: string): Promise<void> {
    this.client.open(path, await readFile(join(folder, path), 'utf8'));
    this.tell(`open ${path}`);
  }

  edit(path: string, what: string, put: string): void {
    this.client.edit(path, what, put);
    this.tell(`edit ${path}: ${JSON.stringify(what)} → ${JSON.stringify(put)}`);
  }

  async wrong(path: string): Promise<void> {
    this.tell(`wrong in ${path}`);
    for (const { range, code, message } of await this.client.diagnostics(path))
      this.tell(`  ${at(range)}  ${code}  ${message}`);
  }

  async complete(path: string, after: string): Promise<void> {
    const answer = (await this.client.at('completion', path, after)) as {
      items: readonly {
        label: string;
        detail?: string;
        documentation?: string;
        insertText?: string;
        textEdit?: { newText: string; range: Range };
      }[];
    };
    this.tell(`complete ${path} after ${JSON.stringify(after)}`);
    for (const { label, detail, documentation, textEdit, insertText } of answer.items.slice(0, 12)) {
      const put = textEdit === undefined ? insertText : `${JSON.stringify(textEdit.newText)} at ${at(textEdit.range)}`;
      this.tell(`  ${[label, detail, documentation, put].filter((part) => part !== undefined).join(' | ')}`);
    }
    if (answer.items.length > 12) this.tell(`  … ${answer.items.length} in all`);
  }

  async hover(path: string, after: string): Promise<void> {
    const answer = (await this.client.at('hover', path, after, 1)) as {
      contents: { value: string };
      range: Range;
    } | null;
    this.tell(
      `hover ${path} at the end of ${JSON.stringify(after)}${answer === null ? ': nothing' : ` ${at(answer.range)}`}`,
    );
    for (const line of answer?.contents.value.split('\n') ?? []) this.tell(line === '' ? '' : `  ${line}`);
  }

  async define(path: string, after: string): Promise<void> {
    const answer = (await this.client.at('definition', path, after, 1)) as { uri: string; range: Range } | null;
    const place =
      answer === null
        ? 'nothing'
        : `${answer.uri.replace(pathToFileURL(folder).href, '<project>')} ${at(answer.range)}`;
    this.tell(`define ${path} at the end of ${JSON.stringify(after)}: ${place}`);
  }

  text(): string {
    return `${this.#lines.join('\n')}\n`;
  }
}

interface Range {
  readonly start: { readonly line: number; readonly character: number };
  readonly end: { readonly line: number; readonly character: number };
}
const at = ({ start, end }: Range): string => `${start.line}:${start.character}-${end.line}:${end.character}`;

describe('the language server', () => {
  it('serves the sample as the transcript says', async () => {
    const said = new Transcript();
    said.tell(JSON.stringify(await said.client.start()));

    const orders = 'silver/orders.sql';
    await said.open(orders);
    await said.wrong(orders);
    await said.hover(orders, 'from bronze.orders');
    await said.hover(orders, '    customer_id');
    await said.define(orders, '    customer_id');
    await said.define(orders, 'from bronze.orders');
    await said.define(orders, '-> silver.customers.customer_id');
    await said.hover(orders, 'key');
    await said.complete(orders, 'key: ');
    await said.complete(orders, 'customer_id -> ');
    await said.complete(orders, 'customer_id -> silver.customers.');
    await said.complete(orders, 'partition by ');

    const sales = 'gold/sales.sql';
    await said.open(sales);
    await said.hover(sales, 'o.country');
    await said.hover(sales, 'l.amount,');
    await said.hover(sales, '    l.amount');
    await said.define(sales, '    l.amount');
    await said.define(sales, 'c.tier');
    await said.define(sales, 'as margin');
    await said.complete(sales, 'left join ');
    await said.complete(sales, 'and o.');
    said.edit(sales, 'where o.status', "-- 😀\n, silver. where '😀' = o.");
    await said.complete(sales, ', silver.');
    await said.complete(sales, "'😀' = o.");
    await said.wrong(sales);

    said.edit(sales, ', silver. where', 'where');
    said.edit(sales, "= o. in ('paid', 'shipped')", "= o.status and '😀' = o.sttus");
    await said.wrong(sales);

    said.edit(orders, 'lower(trim(status))           as status', 'lower(trim(status))           as state');
    await said.wrong(orders);
    await said.wrong(sales);

    // A table whose file cannot be parsed is as it last was.
    said.edit(orders, 'qualify row_number()', 'qualify row_number((');
    await said.wrong(orders);
    await said.complete(sales, 'and o.');

    await said.open('silver/customers.yml');
    await said.complete('silver/customers.yml', 'kind: ');
    said.edit('silver/customers.yml', 'kind:', 'kin:');
    await said.wrong('silver/customers.yml');

    await said.open('tests/orders.test.yml');
    await said.complete('tests/orders.test.yml', 'test: ');
    await said.hover('tests/orders.test.yml', 'bronze.orders');
    said.edit('tests/orders.test.yml', 'given:\n', 'given:\n  \n');
    await said.complete('tests/orders.test.yml', 'given:\n  ');

    await said.open('bronze/orders.yml');
    said.edit('bronze/orders.yml', 'types:', 'new_columns: \ntypes:');
    await said.complete('bronze/orders.yml', 'new_columns: ');
    said.edit('bronze/orders.yml', 'new_columns: \n', '\n');
    await said.complete('bronze/orders.yml', '*.json\n');
    said.tell(JSON.stringify(await said.client.request('textDocument/rename', {})));
    expect(await said.client.stop()).toBe(0);
    await expect(said.text()).toMatchFileSnapshot('golden/lsp.txt');
  });
});
