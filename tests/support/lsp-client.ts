import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { frame, MessageReader } from '../../packages/lakesmith/src/editor/framing.ts';
import { program } from './command.ts';

type Message = Readonly<Record<string, unknown>>;
interface Range {
  readonly start: { readonly line: number; readonly character: number };
  readonly end: { readonly line: number; readonly character: number };
}

/** An editor that speaks to the built program. */
export class LspClient {
  readonly #folder: string;
  readonly #child: ReturnType<typeof spawn>;
  readonly #texts: Map<string, string> = new Map();
  readonly #versions: Map<string, number> = new Map();
  readonly #waiting: Map<number, (message: Message) => void> = new Map();
  readonly #published: Map<string, Message> = new Map();
  #arrived: () => void = () => undefined;
  #next = 1;

  constructor(folder: string) {
    this.#folder = folder;
    this.#child = spawn(process.execPath, [program, 'lsp'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const reader = new MessageReader();
    this.#child.stdout?.on('data', (bytes: Buffer) => {
      for (const arrival of reader.push(bytes)) if (arrival.ok) this.#take(arrival.message as Message);
    });
  }

  #take(message: Message): void {
    if (typeof message['id'] === 'number') this.#waiting.get(message['id'])?.(message);
    if (message['method'] === 'textDocument/publishDiagnostics') {
      const params = message['params'] as { uri: string };
      this.#published.set(params.uri, params);
    }
    this.#arrived();
  }

  async request(method: string, params: unknown): Promise<unknown> {
    const id = this.#next++;
    const answer = new Promise<Message>((resolve) => this.#waiting.set(id, resolve));
    this.send({ jsonrpc: '2.0', id, method, params });
    const message = await answer;
    return message['error'] ?? message['result'];
  }

  send(message: unknown): void {
    this.#child.stdin?.write(frame(message));
  }

  notify(method: string, params: unknown): void {
    this.send({ jsonrpc: '2.0', method, params });
  }

  uri(path: string): string {
    return pathToFileURL(join(this.#folder, path)).href;
  }

  async start(): Promise<unknown> {
    return await this.request('initialize', { rootUri: pathToFileURL(this.#folder).href, capabilities: {} });
  }

  open(path: string, text: string): void {
    this.#texts.set(path, text);
    this.#versions.set(path, 1);
    this.notify('textDocument/didOpen', { textDocument: { uri: this.uri(path), version: 1, text } });
  }

  /** Types `put` in place of the first `what`, as an editor tells it: only the change. */
  edit(path: string, what: string, put: string): void {
    const text = this.#texts.get(path) ?? '';
    const at = text.indexOf(what);
    if (at < 0) throw new Error(`${path} has no ${what}`);
    const version = (this.#versions.get(path) ?? 0) + 1;
    this.#versions.set(path, version);
    this.#texts.set(path, text.slice(0, at) + put + text.slice(at + what.length));
    const range = { start: position(text, at), end: position(text, at + what.length) };
    this.notify('textDocument/didChange', {
      textDocument: { uri: this.uri(path), version },
      contentChanges: [{ range, text: put }],
    });
  }

  /** Asks at the end of the first `after`, moved back by some characters. */
  async at(method: string, path: string, after: string, back = 0): Promise<unknown> {
    const text = this.#texts.get(path) ?? '';
    const found = text.indexOf(after);
    if (found < 0) throw new Error(`${path} has no ${after}`);
    const params = { textDocument: { uri: this.uri(path) }, position: position(text, found + after.length - back) };
    return await this.request(`textDocument/${method}`, params);
  }

  /** What is wrong, once the newest text of a document was judged. */
  async diagnostics(path: string): Promise<readonly { range: Range; code: string; message: string }[]> {
    for (;;) {
      const found = this.#published.get(this.uri(path));
      if (found?.['version'] === this.#versions.get(path))
        return found?.['diagnostics'] as { range: Range; code: string; message: string }[];
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
  }

  /** Says good-bye and gives the exit code. */
  async stop(): Promise<number | null> {
    await this.request('shutdown', null);
    const closed = once(this.#child, 'close');
    this.notify('exit', null);
    await closed;
    return this.#child.exitCode;
  }
}

function position(text: string, offset: number): Range['start'] {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length - 1, character: offset - before.lastIndexOf('\n') - 1 };
}
