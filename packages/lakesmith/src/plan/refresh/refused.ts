import type { Column } from '../../core/schema.ts';
import { quoteText } from '../../core/sql-text.ts';
import { toEngineType } from '../../core/type-policy.ts';
import type { ModelTable } from '../../project/model.ts';
import type { ProofResult, ProvenKey, RefreshProof } from '../../sql/refresh/proof.ts';
import type { KeptTable, RefreshWays } from './choice.ts';
import { keyText, obstacleIn, waysOf } from './choice.ts';
import type { KeyedPass } from './keyed.ts';
import { relationNames } from './relations.ts';

// Rows that rules refuse are a SELECT of their own, and follow the changes of the inputs as a table does: those of some keys are made anew.
// What stands of the others is in quarantine, where a row is a text of JSON, and of rows with one identity there is one.

interface RuledTable extends KeptTable {
  readonly model: KeptTable['model'] & Pick<ModelTable, 'rules'>;
  /** In which times stand in quarantine. */
  readonly timezone: string;
}

/** Whether rules put rows aside. */
export function putsAside({ rules }: Pick<ModelTable, 'rules'>): boolean {
  return rules.some(({ severity }) => severity === 'quarantine');
}

/** Why what rules take out is asked of all inputs at each refresh, whatever changed; undefined: it need not be. */
function whyAskedOfAll(model: Pick<ModelTable, 'rules'>): string | undefined {
  const drops = model.rules.filter(({ severity }) => severity === 'drop');
  if (drops.length === 0) return undefined;
  if (putsAside(model)) return 'rows that are dropped count with those put aside, and none of them is kept';
  return drops.every(({ limit }) => limit === undefined)
    ? undefined
    : 'a rule says how many rows may be dropped, and none of these is kept';
}

/** The ways that are proven for refused rows when these inputs change. */
export function refusedWays(
  proof: RefreshProof,
  changed: ReadonlySet<string>,
  table: RuledTable,
): Pick<RefreshWays, 'linear' | 'keyed'> {
  const { linear, keyed } = waysOf(proof, changed, table);
  return {
    ...(linear === undefined ? {} : { linear }),
    ...(keyed !== undefined && (!putsAside(table.model) || keyed.every((pass) => tellsWhichStand(pass, proof, table)))
      ? { keyed }
      : {}),
  };
}

/** Whether the rows of other keys say all that stays: none of them had to give way to one that goes. */
function tellsWhichStand(
  { keys, between }: KeyedPass,
  proof: RefreshProof,
  { model, columns, timezone }: RuledTable,
): boolean {
  const isOwn = (column: number): boolean => model.key.includes(columns[column]?.name ?? '');
  const isOne =
    model.key.length === 0 || keys.every(({ column }) => isOwn(column)) || proof.unique.some((set) => set.every(isOwn));
  return between === undefined && isOne && keys.every(({ column }) => isToldByText(columns[column], timezone));
}

/**
 * Whether its values can be read from JSON as they are: a number of it with more digits than a DOUBLE has loses some, and the time of a zone
 * loses the seconds of its offset, which there were when each town had its own.
 */
function isToldByText(column: Column | undefined, timezone: string): boolean {
  if (typeof column?.type !== 'string') return false;
  const digits = /^decimal\((\d+),/.exec(column.type)?.[1];
  if (digits !== undefined) return Number(digits) <= 15;
  return exactTexts.has(column.type) || (column.type === 'timestamp' && timezone === 'UTC');
}

const exactTexts: ReadonlySet<string> = new Set('byte short integer long string boolean date timestamp_ntz'.split(' '));

/** Of rows of quarantine those that have no key of the passes. */
export function rowsOfOtherKeys(
  rows: string,
  passes: readonly Pick<KeyedPass, 'keys'>[],
  columns: readonly Column[],
): string {
  const value = ({ column }: ProvenKey): string => {
    const { name = '', type = 'string' } = columns[column] ?? {};
    return `cast(json_extract_string(q."row", ${quoteText(pathOf(name))}) as ${toEngineType(type)})`;
  };
  const joins = passes.map(({ keys }, pass) => {
    const on = keys.map((key, i) => `${value(key)} is not distinct from s${pass}.k${i}`);
    return `anti join ${relationNames.keys(pass)} as s${pass} on ${on.join(' and ')}`;
  });
  return `select q.* from (${rows}) as q ${joins.join(' ')}`;
}

/** A JSON pointer: in it, no name means more than itself. */
function pathOf(name: string): string {
  return `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** Whether refused rows follow changes, as far as it is known before; and how, or why they do not. */
export interface RefusedText {
  readonly ok: boolean;
  readonly text: string;
}

/** Whether refused rows follow the changes of some of these inputs; else why they do not, whatever changed. */
export function considerRefused(result: ProofResult, changed: readonly string[], table: RuledTable): RefusedText {
  const why = whyAskedOfAll(table.model) ?? (result.ok ? undefined : result.why);
  if (!result.ok || why !== undefined) return { ok: false, text: why ?? '' };
  const { proof } = result;
  const obstacle = obstacleIn(proof, {});
  if (obstacle !== undefined) return { ok: false, text: obstacle };
  const each = changed.map((name) => ({ name, ...refusedWays(proof, new Set([name.toLowerCase()]), table) }));
  const passes = each.flatMap(({ keyed }) => keyed ?? []);
  if (passes.length > 0) return { ok: true, text: keyText(passes, table.columns) };
  if (each.some(({ linear }) => linear !== undefined)) return { ok: true, text: 'new rows are looked at' };
  return { ok: false, text: whyLost(proof, new Set(changed), table) };
}

/** Why no way follows refused rows when these inputs change. */
export function whyLost(proof: RefreshProof, changed: ReadonlySet<string>, table: RuledTable): string {
  const by = waysOf(proof, changed, table).keyed;
  return by === undefined
    ? `no column says which rows of ${[...changed].join(', ')} they are made of`
    : `${keyText(by, table.columns)} do not tell which of them stay in quarantine`;
}

/** 'rows that its rules take out follow the changes: rows by order_id'. */
export function refusedLine({ ok, text }: RefusedText): string {
  return ok
    ? `rows that its rules take out follow the changes: ${text}`
    : `all inputs are read for rows that its rules take out: ${text}`;
}
