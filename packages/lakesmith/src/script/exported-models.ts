import type { Misfit, WrittenModel } from './messages.ts';
import { NotPlain, describe, isPlainObject, plainRecord } from './plain-value.ts';

const mark = Symbol.for('lakesmith.models');

/** What model() was given, with its functions. */
export interface ExportedModel {
  readonly definition: Readonly<Record<string, unknown>>;
  readonly stack: string;
}

/** What a module exports is no model. */
export class NoModel extends Error {
  readonly misfit: Misfit;

  constructor(misfit: Misfit) {
    super(misfit.what);
    this.misfit = misfit;
  }
}

/** The models that a module exports by default. Throws NoModel. */
export function exportedModels(module: Readonly<Record<string, unknown>>): {
  readonly family: boolean;
  readonly models: readonly ExportedModel[];
} {
  if (!Object.hasOwn(module, 'default')) throw new NoModel({ what: 'nothing' });
  const exported = module['default'];
  const marked = isPlainObject(exported) ? (exported as Record<symbol, unknown>)[mark] : undefined;
  if (!isPlainObject(marked)) throw new NoModel({ what: describe(exported) });
  const { definitions, family } = marked as { definitions: readonly ExportedModel[]; family: boolean };
  for (const { definition, stack } of definitions) {
    if (!isPlainObject(definition)) throw new NoModel({ what: describe(definition), path: [], stack });
  }
  return { family, models: definitions };
}

/** A model without its functions, to be sent. Throws NoModel for what is no plain data. */
export function writtenModel({ definition, stack }: ExportedModel): WrittenModel {
  const { rows, ...settings } = definition;
  if (rows !== undefined && typeof rows !== 'function')
    throw new NoModel({ what: describe(rows), path: ['rows'], stack });
  try {
    return { settings: plainRecord(settings), makesRows: rows !== undefined, stack };
  } catch (error) {
    if (error instanceof NotPlain) throw new NoModel({ what: error.message, path: error.path, stack });
    throw error;
  }
}
