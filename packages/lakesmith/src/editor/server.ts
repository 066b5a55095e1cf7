import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf } from '../core/errors.ts';
import type { Diagnostic } from '../core/errors.ts';
import { pathOf } from './documents.ts';
import type { Arrival } from './framing.ts';
import type { Change, Position } from './text.ts';
import { Workspace } from './workspace.ts';
import type { Examine } from './workspace.ts';

interface ServerHost {
  readonly send: (message: unknown) => void;
  readonly examine: Examine;
  /** The project's folder when the command line named it; undefined: where the editor's documents lie. */
  readonly folder: string | undefined;
  readonly version: string;
  /** How long typing must rest before the project is judged. */
  readonly restMs: number;
}

const codes = { parse: -32_700, invalid: -32_600, method: -32_601, internal: -32_603, uninitialized: -32_002 } as const;

type Parameters = Readonly<Record<string, unknown>>;

/** A language server: takes messages of the Language Server Protocol 3.17 and answers each request, whatever it is. */
export class LanguageServer {
  readonly #host: ServerHost;
  #state: 'new' | 'ready' | 'shut' = 'new';
  #root: string | undefined;
  #workspace: Workspace | undefined;
  #published: ReadonlySet<string> = new Set();
  #timer: NodeJS.Timeout | undefined;
  #fresh = false;
  /** What is under way; each begins after the one before it. */
  #work: Promise<void> = Promise.resolve();
  #exit: (code: number) => void = () => undefined;
  /** The exit code, when the editor has said that it is done. */
  readonly ended: Promise<number> = new Promise((resolve) => {
    this.#exit = resolve;
  });

  constructor(host: ServerHost) {
    this.#host = host;
  }

  /** Takes a message; messages are worked on in the order in which they come. */
  receive(arrival: Arrival): void {
    this.#work = this.#work.then(() => this.#handle(arrival));
  }

  /** The editor went away without a word. */
  close(): void {
    clearTimeout(this.#timer);
    this.#exit(this.#state === 'shut' ? 0 : 1);
  }

  /** Waits until everything that came is done. */
  async settled(): Promise<void> {
    await this.#work;
  }

  async #handle(arrival: Arrival): Promise<void> {
    if (!arrival.ok) {
      this.#fail(null, codes.parse, `This is not JSON: ${arrival.problem}`);
      return;
    }
    const { id, method, params } = recordOf(arrival.message);
    const isRequest = typeof id === 'number' || typeof id === 'string';
    // An answer to something that was never asked.
    if (typeof method !== 'string') {
      if (isRequest && recordOf(arrival.message)['result'] === undefined)
        this.#fail(id, codes.invalid, 'This is no request.');
      return;
    }
    try {
      if (isRequest) await this.#request(id, method, recordOf(params));
      else this.#notice(method, recordOf(params));
    } catch (error) {
      if (isRequest) this.#fail(id, codes.internal, messageOf(error));
      else this.#log(`${method}: ${messageOf(error)}`);
    }
  }

  async #request(id: number | string, method: string, params: Parameters): Promise<void> {
    if (this.#state === 'new' && method !== 'initialize') {
      this.#fail(id, codes.uninitialized, 'The first request must be initialize.');
      return;
    }
    if (this.#state === 'shut') {
      this.#fail(id, codes.invalid, 'The server was shut down.');
      return;
    }
    const answer = async (result: unknown): Promise<void> => {
      this.#host.send({ jsonrpc: '2.0', id, result: (await result) ?? null });
    };
    const { uri, position } = placeOf(params);
    switch (method) {
      case 'initialize':
        await answer(this.#initialize(params));
        return;
      case 'shutdown':
        this.#state = 'shut';
        clearTimeout(this.#timer);
        await answer(null);
        return;
      case 'textDocument/completion':
        await this.#known();
        await answer({ isIncomplete: false, items: this.#workspace?.complete(uri, position) ?? [] });
        return;
      case 'textDocument/hover': {
        await this.#known();
        const hover = this.#workspace?.hover(uri, position);
        await answer(hover && { contents: { kind: 'markdown', value: hover.text }, range: hover.range });
        return;
      }
      case 'textDocument/definition':
        await this.#known();
        await answer(this.#workspace?.define(uri, position));
        return;
      default:
        this.#fail(id, codes.method, `${method} is nothing that this server does.`);
    }
  }

  #initialize(params: Parameters): unknown {
    this.#state = 'ready';
    const [folder] = Array.isArray(params['workspaceFolders']) ? params['workspaceFolders'] : [];
    const uri = recordOf(folder)['uri'] ?? params['rootUri'];
    this.#root = this.#host.folder ?? (typeof uri === 'string' ? pathOf(uri) : undefined);
    return {
      capabilities: {
        positionEncoding: 'utf-16',
        textDocumentSync: { openClose: true, change: 2, save: true },
        completionProvider: { triggerCharacters: ['.', ' '] },
        hoverProvider: true,
        definitionProvider: true,
      },
      serverInfo: { name: 'lakesmith', version: this.#host.version },
    };
  }

  #notice(method: string, params: Parameters): void {
    const document = recordOf(params['textDocument']);
    const uri = textOf(document['uri']);
    const version = typeof document['version'] === 'number' ? document['version'] : undefined;
    switch (method) {
      case 'exit':
        this.close();
        return;
      case 'textDocument/didOpen':
        this.#adopt(uri)?.documents.open(uri, textOf(document['text']), version);
        break;
      case 'textDocument/didChange':
        this.#workspace?.documents.change(uri, changesOf(params['contentChanges']), version);
        break;
      case 'textDocument/didClose':
        this.#workspace?.documents.close(uri);
        break;
      case 'textDocument/didSave':
      case 'workspace/didChangeWatchedFiles':
        this.#fresh = true;
        break;
      default:
        return;
    }
    if (this.#state === 'ready') this.#judgeSoon();
  }

  /** The project that a document belongs to: the one that is open, or the nearest lakesmith.yml above it. */
  #adopt(uri: string): Workspace | undefined {
    if (this.#workspace !== undefined) return this.#workspace;
    const file = pathOf(uri);
    const folder = this.#host.folder ?? projectAbove(file === undefined ? this.#root : dirname(file)) ?? this.#root;
    if (folder !== undefined) this.#workspace = new Workspace(folder, this.#host.examine);
    return this.#workspace;
  }

  #judgeSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#work = this.#work.then(() => this.#judge());
    }, this.#host.restMs);
  }

  /** Waits for a first look at the project; after that the last one will do. */
  async #known(): Promise<void> {
    if (this.#workspace?.isKnown === false) await this.#judge();
  }

  async #judge(): Promise<void> {
    clearTimeout(this.#timer);
    const workspace = this.#workspace;
    if (workspace === undefined || this.#state !== 'ready') return;
    try {
      const fresh = this.#fresh;
      this.#fresh = false;
      const found = await workspace.examine(fresh);
      const told = new Set([...workspace.documents.uris(), ...this.#published, ...found.keys()]);
      for (const uri of [...told].sort()) {
        const version = workspace.documents.get(uri)?.version;
        const diagnostics = (found.get(uri) ?? []).map(asPublished);
        this.#tell('textDocument/publishDiagnostics', {
          uri,
          ...(version === undefined ? {} : { version }),
          diagnostics,
        });
      }
      this.#published = new Set(found.keys());
    } catch (error) {
      this.#log(messageOf(error));
    }
  }

  #tell(method: string, params: unknown): void {
    this.#host.send({ jsonrpc: '2.0', method, params });
  }

  #log(message: string): void {
    this.#tell('window/logMessage', { type: 1, message });
  }

  #fail(id: number | string | null, code: number, message: string): void {
    this.#host.send({ jsonrpc: '2.0', id, error: { code, message } });
  }
}

function asPublished({ place, code, message, hint }: Diagnostic): unknown {
  const start = { line: (place?.line ?? 1) - 1, character: (place?.column ?? 1) - 1 };
  const end = { line: start.line, character: start.character + (place?.length ?? 1) };
  return {
    range: { start, end },
    severity: 1,
    code,
    source: 'lakesmith',
    message: hint === undefined ? message : `${message}: ${hint}`,
  };
}

function projectAbove(folder: string | undefined): string | undefined {
  for (let at = folder; at !== undefined; at = dirname(at)) {
    if (existsSync(join(at, 'lakesmith.yml'))) return at;
    if (at === dirname(at)) return undefined;
  }
  return undefined;
}

function placeOf(params: Parameters): { uri: string; position: Position } {
  return { uri: textOf(recordOf(params['textDocument'])['uri']), position: positionOf(params['position']) };
}

function positionOf(value: unknown): Position {
  const { line, character } = recordOf(value);
  return { line: numberOf(line), character: numberOf(character) };
}

function changesOf(value: unknown): readonly Change[] {
  return (Array.isArray(value) ? value : []).map((item): Change => {
    const { range, text } = recordOf(item);
    if (range === undefined) return { text: textOf(text) };
    const { start, end } = recordOf(range);
    return { range: { start: positionOf(start), end: positionOf(end) }, text: textOf(text) };
  });
}

function recordOf(value: unknown): Parameters {
  return typeof value === 'object' && value !== null ? (value as Parameters) : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function numberOf(value: unknown): number {
  return typeof value === 'number' && value >= 0 ? value : 0;
}
