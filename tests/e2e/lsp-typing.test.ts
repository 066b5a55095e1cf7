import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openExaminer } from '../../packages/lakesmith/src/cli/open.ts';
import { randomNumbers } from '../../packages/lakesmith/src/core/random-numbers.ts';
import { LanguageServer } from '../../packages/lakesmith/src/editor/server.ts';
import { applyChanges, positionAt } from '../../packages/lakesmith/src/editor/text.ts';
import type { Change } from '../../packages/lakesmith/src/editor/text.ts';
import { removeFolder, root, temporaryFolder } from '../support/command.ts';

type Message = Readonly<Record<string, unknown>>;

let examiner: Awaited<ReturnType<typeof openExaminer>>;
let folder = '';
beforeAll(async () => {
  examiner = await openExaminer(undefined);
  folder = await temporaryFolder();
  await cp(join(root, 'samples/retail'), folder, { recursive: true });
});
afterAll(async () => {
  await examiner.close();
  await removeFolder(folder);
});

function serverOver(sent: Message[]): LanguageServer {
  return new LanguageServer({
    send: (message) => sent.push(message as Message),
    examine: examiner.examine,
    folder,
    version: '0',
    restMs: 0,
  });
}

const uri = (path: string): string => pathToFileURL(join(folder, path)).href;

function send(server: LanguageServer, message: Message): void {
  server.receive({ ok: true, message: { jsonrpc: '2.0', ...message } });
}

const pieces = [
  '',
  '',
  '\n',
  ' ',
  '/* ---\n',
  '--- */',
  'select',
  ' from ',
  '(',
  ')',
  "'",
  '"',
  ',',
  '.',
  '😀',
  '-> ',
  'key: ',
  '  - ',
  ': |\n',
  '{',
  '[',
  '*',
  'with x as (',
  ' union all ',
  '\r\n',
  '\u0000',
  '\ud83d',
  '#',
  '&a',
  '${env:',
  '--',
  'o.',
];

describe('the language server', () => {
  it.each([
    'silver/orders.sql',
    'gold/sales.sql',
    'tests/orders.test.yml',
    'bronze/shop.yml',
    'lakesmith.yml',
    'silver/customers.yml',
  ])('answers whatever is typed in %s, and is right again when that is undone', async (path) => {
    const random = randomNumbers(path.length);
    const upTo = (n: number): number => Math.floor(random() * n);
    const sent: Message[] = [];
    const server = serverOver(sent);
    const original = await readFile(join(folder, path), 'utf8');
    let text = original;
    let id = 0;
    send(server, { id: id++, method: 'initialize', params: {} });
    send(server, { method: 'textDocument/didOpen', params: { textDocument: { uri: uri(path), version: 0, text } } });
    for (let round = 0; round < 120; round += 1) {
      const start = upTo(text.length + 1);
      const end = Math.min(text.length, start + (random() < 0.5 ? 0 : upTo(12)));
      const change: Change = {
        text: pieces[upTo(pieces.length)] ?? '',
        range: { start: positionAt(text, start), end: positionAt(text, end) },
      };
      text = applyChanges(text, [change]);
      const textDocument = { uri: uri(path), version: round };
      send(server, { method: 'textDocument/didChange', params: { textDocument, contentChanges: [change] } });
      const position = random() < 0.1 ? { line: upTo(99), character: upTo(999) } : positionAt(text, upTo(text.length));
      const method = ['completion', 'hover', 'definition'][upTo(3)];
      send(server, { id: id++, method: `textDocument/${method}`, params: { textDocument, position } });
      if (round % 10 === 0) {
        await server.settled();
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }
    await server.settled();
    const answers = sent.filter((message) => message['id'] !== undefined);
    expect(answers.map((message) => message['id'])).toEqual(Array.from({ length: id }, (_, i) => i));
    expect(answers.filter((message) => message['error'] !== undefined)).toEqual([]);
    expect(sent.filter((message) => message['method'] === 'window/logMessage')).toEqual([]);

    sent.length = 0;
    const undone = { textDocument: { uri: uri(path), version: 1000 }, contentChanges: [{ text: original }] };
    send(server, { method: 'textDocument/didChange', params: undone });
    const isJudged = (): boolean =>
      sent.some(({ params }) => (params as { uri?: string; version?: number } | undefined)?.version === 1000);
    while (!isJudged()) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      await server.settled();
    }
    const wrong = sent.flatMap(({ params }) => (params as { diagnostics?: readonly unknown[] }).diagnostics ?? []);
    expect(wrong).toEqual([]);
    send(server, { id, method: 'shutdown' });
    send(server, { method: 'exit' });
    expect(await server.ended).toBe(0);
  });

  it('refuses what is out of turn, and goes on', async () => {
    const sent: Message[] = [];
    const server = serverOver(sent);
    send(server, { id: 1, method: 'textDocument/hover', params: {} });
    server.receive({ ok: false, problem: 'cut' });
    send(server, { id: 2, method: 'initialize', params: { rootUri: 5, workspaceFolders: 'x' } });
    send(server, { id: 3, method: 'textDocument/hover', params: { textDocument: 7, position: 'x' } });
    send(server, { id: 4, method: 'textDocument/hover', params: { textDocument: { uri: 'untitled:%E0%A4%A' } } });
    send(server, { id: 5 });
    server.receive({ ok: true, message: null });
    send(server, { method: 'textDocument/didChange', params: { contentChanges: [null, { range: 3 }] } });
    send(server, { id: 6, method: 'shutdown' });
    send(server, { id: 7, method: 'textDocument/hover', params: {} });
    await server.settled();
    expect(sent.map(({ id, error }) => [id, (error as { code?: number } | undefined)?.code])).toEqual([
      [1, -32_002],
      [null, -32_700],
      [2, undefined],
      [3, undefined],
      [4, undefined],
      [5, -32_600],
      [6, undefined],
      [7, -32_600],
    ]);
  });
});
