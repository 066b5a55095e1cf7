import type { Column } from '../../core/schema.ts';
import { quoteName, quoteNames } from '../../core/sql-text.ts';
import { rowBalance, rowMarks, sameRow } from '../../lake/row-equality.ts';
import type { RefreshProof } from '../../sql/refresh/proof.ts';
import type { LinearStep } from './linear.ts';
import type { ScriptPart } from './script.ts';
import { linearScript } from './script.ts';

/** Rows that are a sum over what changed: those that the inputs' new rows give come, and those that their lost rows gave go, as many as these are. */
export interface BagScript {
  /** What comes, and what goes: a row may be in both. */
  readonly gained: readonly ScriptPart[];
  readonly lost: readonly ScriptPart[];
  /** The rows of a table that are like one that goes. */
  readonly concerned: (table: string) => string;
  /** Those rows of a table, less what goes, and with what comes. Fails where more of some go than there are. */
  readonly fresh: (table: string) => string;
}

export function bagScript(proof: RefreshProof, steps: readonly LinearStep[], columns: readonly Column[]): BagScript {
  const [gained, lost] = (['gained', 'lost'] as const).map((changes) =>
    linearScript(proof, steps, { changes, columns }),
  ) as [readonly ScriptPart[], readonly ScriptPart[]];
  const names = quoteNames(columns.map(({ name }) => name));
  const rowsOf = (parts: readonly ScriptPart[]): readonly string[] =>
    parts.map(({ name }) => `select ${names} from ${name}`);
  const goes = rowsOf(lost).join(' union all ');
  const concerned = (table: string): string =>
    `select t.* from ${table} as t semi join (${goes}) as g on ${sameRow(columns, 't', 'g')}`;
  return {
    gained,
    lost,
    concerned,
    fresh: (table) => {
      const stood = `select ${names} from (${concerned(table)})`;
      const comes = [stood, ...rowsOf(gained)].join(' union all ');
      const balance = rowBalance(columns, { relation: `(${comes})` }, { relation: `(${goes})` });
      const { more } = rowMarks(columns);
      const many = `if(${more} < 0, error('rows went that the table does not have'), ${more})`;
      const own = columns.map(({ name }) => `o.${quoteName(name)}`).join(', ');
      return `select ${own} from (${balance}) as o, range(${many}) as __times(__time)`;
    },
  };
}
