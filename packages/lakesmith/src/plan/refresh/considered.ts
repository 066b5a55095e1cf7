import { roughTime } from '../../core/quantity.ts';
import type { Column } from '../../core/schema.ts';
import type { MadeBy } from '../../lake/release.ts';
import type { ModelTable } from '../../project/model.ts';
import type { ProofResult, RefreshProof } from '../../sql/refresh/proof.ts';
import type { PastStep } from '../estimate.ts';
import { median } from '../usual.ts';
import { foldText, keyText, obstacleIn, waysOf } from './choice.ts';
import type { FoldWay } from './fold-changes.ts';
import { takesAway } from './fold-changes.ts';
import { changedLeaves } from './relations.ts';

/** A way to bring a table up to its inputs: whether it is open, and what it took, or what it would need. */
export interface ConsideredWay {
  readonly way: 'nothing' | 'adding' | 'by rows' | 'by sums' | 'by keys' | 'by parts' | 'in full';
  readonly open: boolean;
  readonly text: string;
  /** What it took in the last runs that did it; absent: none did. */
  readonly seconds?: number;
  readonly runs?: number;
}

interface ConsideredTable {
  readonly model: Pick<ModelTable, 'key' | 'refresh' | 'facts' | 'inputs'>;
  readonly columns: readonly Column[];
  /** Inputs that changed, or may. */
  readonly changed: readonly string[];
  readonly ties: MadeBy['ties'];
  /** What the last runs did to it. */
  readonly past: readonly PastStep[];
}

/** Every way that a table could be kept up, in the order in which they are tried. */
export function considerWays(result: ProofResult, table: ConsideredTable): readonly ConsideredWay[] {
  const { changed, past } = table;
  const inFull: ConsideredWay = { way: 'in full', open: true, text: 'always', ...took(past, 'full') };
  const obstacle = result.ok ? obstacleIn(result.proof, table.ties) : result.why;
  if (!result.ok || obstacle !== undefined) return [{ way: 'by parts', open: false, text: obstacle ?? '' }, inFull];
  const { proof } = result;
  const each = changed.map((name) => ({ name, ways: waysOf(proof, new Set([name.toLowerCase()]), table) }));
  const named = (of: typeof each): string => of.map(({ name }) => name).join(', ');
  const added = each.filter(({ ways }) => ways.linear !== undefined);
  const followed = each.filter(({ ways }) => ways.keyed !== undefined);
  const lost = each.filter((one) => !followed.includes(one)).map(({ name }) => whyNotByKeys(proof, name.toLowerCase()));
  const folded = each.filter(({ ways }) => ways.fold !== undefined);
  const keys = new Set(followed.map(({ ways }) => keyText(ways.keyed ?? [], table.columns)));
  return [
    {
      way: 'nothing',
      open: true,
      text: 'if what came and went are the same rows, as far as it reads them',
      ...took(past, 'same'),
    },
    added.length === 0
      ? { way: 'adding', open: false, text: whyNotAdding(named(each), table) }
      : { way: 'adding', open: true, text: `if rows only came, to ${named(added)}`, ...took(past, 'append') },
    ...byRows(named(each.filter(({ ways }) => ways.bag !== undefined)), past),
    ...bySums(proof, table, {
      folds: folded.flatMap(({ ways }) => ways.fold ?? []),
      named: named(folded),
      compared: named(folded.filter(({ ways }) => (ways.fold?.passes ?? []).length > 0)),
      others: named(each.filter((one) => !folded.includes(one))),
    }),
    followed.length === 0
      ? { way: 'by keys', open: false, text: lost.join('; ') }
      : {
          way: 'by keys',
          open: true,
          text: [`${[...keys].join('; ')}${lost.length === 0 ? '' : `, of ${named(followed)}`}`, ...lost].join('; '),
          ...took(past, 'keyed'),
        },
    inFull,
  ];
}

/** Taking out as many rows as went; nothing where keys find them. */
function byRows(named: string, past: readonly PastStep[]): readonly ConsideredWay[] {
  if (named === '') return [];
  const text = `if rows of ${named} went: those that were made of them are found by all their columns`;
  return [{ way: 'by rows', open: true, text, ...took(past, 'bag') }];
}

/** Adding to groups and taking from them; nothing of rows that are no groups. */
function bySums(
  { fold: proven }: RefreshProof,
  { columns, past }: ConsideredTable,
  {
    folds: [fold],
    named,
    compared,
    others,
  }: {
    readonly folds: readonly FoldWay[];
    readonly named: string;
    /** Inputs that groups are no sum over: what their rows are part of is grouped as it was, and as it is. */
    readonly compared: string;
    readonly others: string;
  },
): readonly ConsideredWay[] {
  if (!proven.ok) return [{ way: 'by sums', open: false, text: proven.why }];
  const no = `what it groups is no sum over the rows of ${others}, and has no key of theirs`;
  if (fold === undefined) return [{ way: 'by sums', open: false, text: no }];
  const some = others === '' ? '' : `, of ${named}; ${no}`;
  const both = compared === '' ? '' : `; what changed of ${compared} as it was and as it is`;
  const only = takesAway(fold) ? '' : ', if rows only came';
  return [
    { way: 'by sums', open: true, text: `${foldText(fold, columns)}${only}${both}${some}`, ...took(past, 'fold') },
  ];
}

function took(past: readonly PastStep[], strategy: string): Pick<ConsideredWay, 'seconds' | 'runs'> {
  const alike = past.filter((one) => one.strategy === strategy);
  if (alike.length === 0) return {};
  return { seconds: median(alike.map(({ elapsedMs }) => elapsedMs)) / 1000, runs: alike.length };
}

function whyNotAdding(inputs: string, { model }: ConsideredTable): string {
  const { rowWise } = model.facts;
  const why = rowWise.proven || model.inputs.length > 1 ? '' : `: ${rowWise.why}`;
  return `it is no sum over the rows of ${inputs}${why}`;
}

/** That no output column follows an input, and which of its columns would. */
function whyNotByKeys(proof: RefreshProof, table: string): string {
  const isFollowed = (leaf: number): boolean => proof.keys.some(({ at }) => at.some(([one]) => one === leaf));
  const lost = changedLeaves(proof, new Set([table])).find((leaf) => !isFollowed(leaf));
  const helps = [...new Set(proof.unshown.flatMap(([leaf, column]) => (leaf === lost ? [column] : [])))];
  const why = `no column of it says which rows of ${table} a row is made of`;
  return helps.length === 0 ? why : `${why}, as ${helps.slice(0, 3).join(' or ')} would`;
}

/** 'by keys   rows by customer_id   0.3 s by the last run'. */
export function wayLine({ way, open, text, seconds, runs }: ConsideredWay): readonly string[] {
  const time =
    seconds === undefined ? '' : `${roughTime(seconds)} by the last ${runs === 1 ? 'run' : `${runs} runs`} like it`;
  return [way, open ? 'open' : 'no', text, time];
}
