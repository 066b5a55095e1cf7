import type { CallOptions, QueryRequest, Relation } from '../engine.ts';
import type { Session } from './session.ts';
import type { Workspace } from './workspace.ts';

/** A session and what it left lying about. */
export class Scope {
  readonly session: Session;
  readonly workspace: Workspace;

  constructor(session: Session, workspace: Workspace) {
    this.session = session;
    this.workspace = workspace;
  }

  async close(): Promise<void> {
    await this.session.close();
    await this.workspace.close();
  }
}

/** The last scope whose relations hold no files, for the next question about the very same ones: to bind them costs as much as to ask. */
export class SpareScope {
  #spare: { readonly scope: Scope; readonly relations: readonly Relation[] } | undefined;

  /** The scope in which these relations are bound, if it is there. Nobody else gets it until it is put back. */
  take({ relations, timezone }: QueryRequest, options: CallOptions): Scope | undefined {
    const spare = this.#spare;
    if (spare === undefined || !canWait(relations, options) || spare.scope.session.timezone !== timezone)
      return undefined;
    const isSame =
      spare.relations.length === relations.length && spare.relations.every((relation, i) => relation === relations[i]);
    if (!isSame) return undefined;
    this.#spare = undefined;
    return spare.scope;
  }

  /** Keeps the scope instead of the one before it, or closes it. */
  async put(scope: Scope, { relations }: QueryRequest, options: CallOptions): Promise<void> {
    if (!canWait(relations, options)) return await scope.close();
    const before = this.#spare?.scope;
    this.#spare = { scope, relations };
    await before?.close();
  }

  async close(): Promise<void> {
    const last = this.#spare?.scope;
    this.#spare = undefined;
    await last?.close();
  }
}

function canWait(relations: readonly Relation[], { signal, onProgress }: CallOptions): boolean {
  const isOfOneRequest = signal !== undefined || onProgress !== undefined;
  return (
    !isOfOneRequest &&
    relations.length > 0 &&
    relations.every(({ kind }) => kind === 'rows' || kind === 'sql' || kind === 'empty')
  );
}
