import { LakeError, messageOf } from '../../core/errors.ts';
import type { ErrorCode } from '../../core/errors.ts';
import { count } from '../../core/quantity.ts';
import type { Relation } from '../engine.ts';
import { readCastFailure, readFailure } from './errors.ts';
import { findBadJsonLine, findValue } from './source-places.ts';
import type { SourcePlace } from './source-places.ts';
import type { Workspace } from './workspace.ts';

/** Does something with a source file; what goes wrong names the file. */
export async function sourceCall<T>(label: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LakeError) throw error;
    throw new LakeError('LS2001', `${label} cannot be read: ${messageOf(error)}`, {
      cause: error,
      context: { file: label },
    });
  }
}

type TextFiles = Extract<Relation, { kind: 'text-files' }>;

/** The same failure told by the source file and line that caused it; what no source file caused comes back as it is. */
export async function locateSourceError(
  error: unknown,
  relations: readonly Relation[],
  workspace: Workspace,
): Promise<unknown> {
  const sources = relations.filter((relation) => relation.kind === 'text-files');
  if (sources.length === 0 || !(error instanceof LakeError) || error.cause === undefined || error.code === 'LS2103')
    return error;
  const cast = readCastFailure(error.cause);
  if (cast?.place === 'SOURCE') {
    const place = await firstPlace(sources, (source) => findValue(source, cast));
    return told(
      'LS2004',
      place,
      `column ${cast.column} cannot hold ${JSON.stringify(cast.value.slice(0, 100))} as ${cast.type}`,
      error,
    );
  }
  const { message } = readFailure(error.cause);
  return (
    (await jsonError(message, sources, workspace, error)) ??
    csvError(messageOf(error.cause), message, workspace, error) ??
    error
  );
}

async function firstPlace(
  sources: readonly TextFiles[],
  find: (source: TextFiles) => Promise<SourcePlace | undefined>,
): Promise<SourcePlace | undefined> {
  for (const source of sources) {
    const place = await find(source);
    if (place !== undefined) return place;
  }
  return undefined;
}

async function jsonError(
  message: string,
  sources: readonly TextFiles[],
  workspace: Workspace,
  cause: LakeError,
): Promise<LakeError | undefined> {
  const transform =
    /JSON transform error in file "(.*?)", in (line|record\/value) (\d+): (.*?)(?: Try setting.*)?$/.exec(message);
  if (transform !== null) {
    const [, file = '', unit, number, reason = ''] = transform;
    const place = {
      label: workspace.labelOf(file),
      ...(unit === 'line' ? { line: Number(number) } : { record: Number(number) }),
    };
    return told('LS2004', place, reason, cause);
  }
  const malformed =
    /Malformed JSON in file "(.*?)", at byte \d+ in (?:line|record\/value) \d+: (.*?)\.?\s*(?:Try (?:setting|auto-detecting).*)?$/.exec(
      message,
    );
  if (malformed === null) return undefined;
  const [, file = '', reason = ''] = malformed;
  const label = workspace.labelOf(file);
  const place = await firstPlace(sources, (source) => findBadJsonLine(source, label));
  return told('LS2001', place ?? { label }, `this is not JSON (${reason})`, cause);
}

function csvError(full: string, message: string, workspace: Workspace, cause: LakeError): LakeError | undefined {
  const match = /CSV Error on Line: (\d+)/.exec(full);
  if (match === null) {
    return /^(?:No files found|Cannot open file|IO Error)|not utf-?8|maximum_object_size/i.test(message)
      ? told('LS2001', undefined, message, cause)
      : undefined;
  }
  const file = /file = (.*?)(?:\\n|\n| delimiter =)/.exec(full)?.[1] ?? '';
  const widths = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(full);
  const isUtf8 = !/not utf-?8 encoded|Invalid unicode/i.test(message);
  const reason = !isUtf8
    ? 'this is no text in UTF-8: save the file in UTF-8'
    : widths === null
      ? message.replace(/^.*?Original Line: /, '').slice(0, 200)
      : `this row has ${count(Number(widths[2]), 'cell')} where the header has ${widths[1]}`;
  return told('LS2001', { label: workspace.labelOf(file), line: Number(match[1]) }, reason, cause);
}

function told(code: ErrorCode, place: SourcePlace | undefined, reason: string, cause: LakeError): LakeError {
  const where =
    place === undefined
      ? ''
      : `${place.label}${place.line === undefined ? (place.record === undefined ? '' : `, record ${place.record}`) : `:${place.line}`}: `;
  const context =
    place === undefined
      ? {}
      : {
          file: place.label,
          ...(place.line === undefined ? {} : { line: place.line }),
          ...(place.record === undefined ? {} : { record: place.record }),
        };
  return new LakeError(code, `${where}${reason}`, { cause, context });
}
