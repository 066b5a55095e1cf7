import type { Column } from '../../core/schema.ts';
import { quoteText } from '../../core/sql-text.ts';
import { toEngineType } from '../../core/type-policy.ts';
import type { MadeBy } from '../../lake/release.ts';
import type { ModelTable } from '../../project/model.ts';
import type { ProofResult, ProvenKey } from '../../sql/refresh/proof.ts';
import { obstacleIn } from './choice.ts';
import type { KeyedPass } from './keyed.ts';
import { keyOfColumn, timeColumn } from './time-key.ts';

/** A stretch of time whose rows are to be made anew: from its first moment, up to and without the last. At least one is given. */
export interface Stretch {
  /** '2026-02-01', '2026-02-01 10:00:00', with or without a zone. */
  readonly from?: string;
  readonly to?: string;
  /** The column that says when a row belongs; absent: the table tells. */
  readonly column?: string;
}

/** The stretch as a key of a table has it. */
export interface ProvenStretch {
  readonly key: ProvenKey;
  /** SQL of its bounds; absent: without end. */
  readonly low?: string;
  readonly high?: string;
  /** 'days 2026-02-01 … 2026-02-07 by sold_on'. */
  readonly text: string;
}

/** Whether the rows of a stretch can be made anew by themselves; else why not. */
export function proveStretch(
  stretch: Stretch,
  proof: ProofResult,
  {
    model,
    columns,
    ties,
  }: { readonly model: ModelTable; readonly columns: readonly Column[]; readonly ties: MadeBy['ties'] },
): { readonly ok: true; readonly proven: ProvenStretch } | { readonly ok: false; readonly why: string } {
  if (!proof.ok) return proof;
  const obstacle = obstacleIn(proof.proof, ties ?? {});
  if (obstacle !== undefined) return { ok: false, why: obstacle };
  const wanted = stretch.column?.toLowerCase();
  const followed = new Set(proof.proof.keys.map(({ column }) => columns[column]?.name));
  const some = columns.filter(
    ({ name }) => followed.has(name) && (wanted === undefined || name.toLowerCase() === wanted),
  );
  const choice = timeColumn(model, some, undefined);
  if (!('column' in choice)) return { ok: false, why: whyNoColumn(choice.among, wanted, model.inputs) };
  const { column } = choice;
  const key = keyOfColumn(proof.proof, columns, column.name);
  const bounds = [stretch.from, stretch.to].map((text) => (text === undefined ? undefined : boundSql(text, column)));
  const wrong = bounds.find((bound) => bound !== undefined && 'why' in bound);
  if (wrong !== undefined && 'why' in wrong) return { ok: false, why: wrong.why };
  if (key === undefined) return { ok: false, why: whyNoColumn([], wanted, model.inputs) };
  const [low, high] = bounds.map((bound) => (bound !== undefined && 'sql' in bound ? bound.sql : undefined));
  const text = `${stretchText(stretch)} by ${column.name}`;
  return {
    ok: true,
    proven: { key, text, ...(low === undefined ? {} : { low }), ...(high === undefined ? {} : { high }) },
  };
}

/** What makes them: a pass that is about all keys of the stretch, whatever changed. */
export function stretchPass({ key, low, high }: ProvenStretch): KeyedPass {
  return {
    keys: [key],
    leaves: [],
    between: { ...(low === undefined ? {} : { low }), ...(high === undefined ? {} : { high }) },
  };
}

function whyNoColumn(among: readonly string[], wanted: string | undefined, inputs: readonly string[]): string {
  if (among.length > 0) return `${among.join(', ')} say when its rows belong: name one with --column`;
  const of = `says of which rows of ${inputs.join(', ')} a row is made`;
  return wanted === undefined ? `no column of days or times ${of}` : `no column ${wanted} of days or times ${of}`;
}

function boundSql(text: string, { name, type }: Column): { readonly sql: string } | { readonly why: string } {
  const isDay = text.length === 10;
  const hasZone = !isDay && /(?:Z|[+-]\d\d(?::\d\d)?)$/i.test(text);
  if (type === 'date' && !isDay) return { why: `${name} is a day: give days, such as 2026-02-01, and not ${text}` };
  if (type === 'timestamp_ntz' && hasZone)
    return { why: `${name} has no zone: give times without one, and not ${text}` };
  const whole = type === 'date' || !isDay ? text : `${text} 00:00:00`;
  return { sql: `cast(${quoteText(whole)} as ${toEngineType(type)})` };
}

/** 'days 2026-02-01 … 2026-02-07', where the last is the one before the end. */
function stretchText({ from, to }: Stretch): string {
  const last = to?.length === 10 ? dayBefore(to) : undefined;
  if (from?.length === 10 && last !== undefined) return from === last ? `day ${from}` : `days ${from} … ${last}`;
  return [...(from === undefined ? [] : [`from ${from}`]), ...(to === undefined ? [] : [`before ${to}`])].join(' ');
}

function dayBefore(day: string): string {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() - 1);
  return at.toISOString().slice(0, 10);
}
