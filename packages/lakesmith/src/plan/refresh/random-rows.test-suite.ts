import type { ProvenInput } from '../../sql/refresh/proof.ts';
import type { Column, DataType } from '../../core/schema.ts';
import type { Dice } from '../../core/dice.ts';

/** A row as SQL literals, one for each column. */
export type Row = readonly string[];

export interface RandomTable {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly key: readonly string[];
}

const list: DataType = { type: 'array', elementType: 'integer', containsNull: true };

/** One with a key and every kind of column, one with a key, and one in which rows may be equal. */
export const randomTables: readonly RandomTable[] = [
  {
    name: 'bronze.wide',
    key: ['id'],
    columns: [
      { name: 'id', type: 'long' },
      { name: 'a', type: 'integer' },
      { name: 'b', type: 'long' },
      { name: 's', type: 'string' },
      { name: 'd', type: 'decimal(8,2)' },
      { name: 'f', type: 'double' },
      { name: 'ts', type: 'timestamp' },
      { name: 'l', type: list },
    ],
  },
  {
    name: 'bronze.keyed',
    key: ['id'],
    columns: [
      { name: 'id', type: 'long' },
      { name: 'a', type: 'integer' },
      { name: 'k', type: 'long' },
      { name: 's', type: 'string' },
      { name: 'v', type: 'integer' },
    ],
  },
  {
    name: 'bronze.bag',
    key: [],
    columns: [
      { name: 'a', type: 'integer' },
      { name: 'b', type: 'long' },
      { name: 's', type: 'string' },
      { name: 'f', type: 'double' },
    ],
  },
];

const values: Readonly<Record<string, readonly string[]>> = {
  integer: ['0', '1', '2', '3'],
  long: ['0', '1', '2', '3'],
  string: ["'x'", "'y'", "''", "'X'"],
  'decimal(8,2)': ['0.00', '1.25', '-1.25', '2.50', '7.00'],
  double: ['0.0', '0.5', '1.25', '-3.0', '8.0', '0.5', '1.25', '-3.0', '8.0', 'nan', '-0.0', 'inf'].map(
    (text) => `'${text}'::double`,
  ),
  timestamp: ['2026-01-01 00:00:00', '2026-01-01 13:30:00', '2026-01-02 00:00:00', '2026-02-02 09:00:00'].map(
    (text) => `timestamptz '${text}+00'`,
  ),
  list: ['[]', '[1]', '[1,2]', '[NULL,3]', '[2,2]'].map((text) => `${text}::integer[]`),
};

/** They, as a proof takes what a SELECT reads. */
export const provenTables: ReadonlyMap<string, ProvenInput> = new Map(
  randomTables.map(({ name, columns, key }) => [name, { columns, unique: key.length === 0 ? [] : [key] }]),
);

/** What one table went through: its rows now, and those that came and went. */
export interface Changed {
  readonly rows: readonly Row[];
  readonly gained: readonly Row[];
  readonly lost: readonly Row[];
}

/** Whether one table changes or several do, and how. */
type Mode = 'any' | 'insert' | 'one' | 'one insert' | 'wipe' | 'none';

const allModes: readonly Mode[] = ['any', 'any', 'any', 'insert', 'one', 'one', 'wipe', 'any', 'one', 'none'];

/** Most of what comes is new. */
export const growing: readonly Mode[] = ['one insert', 'one insert', 'insert', 'one'];

/** Rows of the tables, and what happens to them. */
export class RowMaker {
  readonly #dice: Dice;
  #ids = 0;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  first(table: RandomTable): readonly Row[] {
    const rows = Array.from({ length: this.#dice.pick([0, 1, 3, 6, 10, 14]) }, () => this.row(table));
    const twice = table.key.length === 0 && rows.length > 2 && this.#dice.chance(0.6) ? rows.slice(0, 2) : [];
    return [...rows, ...twice];
  }

  /** Some tables change a little, all of it, or not at all; those that are read more often than others. */
  change(
    before: ReadonlyMap<RandomTable, readonly Row[]>,
    read: ReadonlySet<string>,
    modes: readonly Mode[] = allModes,
  ): ReadonlyMap<RandomTable, Changed> {
    const mode = this.#dice.pick(modes);
    const readTables = [...before.keys()].filter(({ name }) => read.has(name));
    const only = mode.startsWith('one') && readTables.length > 0 ? this.#dice.pick(readTables) : undefined;
    return new Map(
      [...before].map(([table, rows]) => {
        const isTouched = only === undefined ? this.#dice.chance(read.has(table.name) ? 0.7 : 0.1) : only === table;
        const changed =
          mode === 'none' || !isTouched ? { rows, gained: [], lost: [] } : this.#changed(table, rows, mode);
        return [table, netted(changed)];
      }),
    );
  }

  #changed(table: RandomTable, before: readonly Row[], mode: Mode): Changed {
    if (mode === 'wipe' && this.#dice.chance(0.5)) {
      const left = this.#dice.chance(0.5) ? [this.row(table)] : [];
      return { rows: left, gained: left, lost: before };
    }
    let rows = [...before];
    const [gained, lost]: [Row[], Row[]] = [[], []];
    for (let step = 1 + this.#dice.below(3); step > 0; step--) {
      const what =
        mode.endsWith('insert') || rows.length === 0
          ? 'insert'
          : this.#dice.pick(['insert', 'update', 'update', 'delete'] as const);
      if (what === 'insert') {
        const copy = table.key.length === 0 && rows.length > 0 && this.#dice.chance(0.4);
        const row = copy ? this.#dice.pick(rows) : this.row(table);
        rows.push(row);
        gained.push(row);
        continue;
      }
      const at = this.#dice.below(rows.length);
      const old = rows[at] ?? [];
      lost.push(old);
      const row = what === 'delete' ? [] : [this.#edited(table, old)];
      gained.push(...row);
      rows = [...rows.slice(0, at), ...row, ...rows.slice(at + 1)];
    }
    return { rows, gained, lost };
  }

  #edited(table: RandomTable, row: Row): Row {
    const edited = [...row];
    for (let times = 1 + this.#dice.below(2); times > 0; times--) {
      const at = this.#dice.below(edited.length);
      const column = table.columns[at];
      if (column === undefined || (column.name === 'id' && !this.#dice.chance(0.3))) continue;
      edited[at] = this.#value(column);
    }
    return edited;
  }

  row({ columns }: RandomTable): Row {
    return columns.map((column) => this.#value(column));
  }

  #value({ name, type }: Column): string {
    if (name === 'id') return String(this.#ids++);
    if (this.#dice.chance(0.2)) return 'NULL';
    return this.#dice.pick(values[typeof type === 'string' ? type : 'list'] ?? []);
  }
}

/** Without rows that came and went again. */
function netted({ rows, gained, lost }: Changed): Changed {
  const open = new Map<string, number>();
  for (const row of lost) open.set(row.join('|'), (open.get(row.join('|')) ?? 0) + 1);
  const cancelled = new Map<string, number>();
  const came = gained.filter((row) => {
    const key = row.join('|');
    const left = open.get(key) ?? 0;
    if (left > 0) {
      open.set(key, left - 1);
      cancelled.set(key, (cancelled.get(key) ?? 0) + 1);
    }
    return left === 0;
  });
  const went = lost.filter((row) => {
    const key = row.join('|');
    const left = cancelled.get(key) ?? 0;
    if (left > 0) cancelled.set(key, left - 1);
    return left === 0;
  });
  return { rows, gained: came, lost: went };
}
