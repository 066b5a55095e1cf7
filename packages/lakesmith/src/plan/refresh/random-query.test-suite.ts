import type { Dice } from '../../core/dice.ts';
import type { Column } from '../../core/schema.ts';
import { randomTables } from './random-rows.test-suite.ts';
import type { Aggregate, Item, Kind, Made, MadeColumn } from './random-value.test-suite.ts';
import { asItem, ofKind, select, ValueMaker } from './random-value.test-suite.ts';

// SELECTs from the whole grammar: those that can be refreshed and those that cannot.

const kindOf: Readonly<Record<string, Kind>> = {
  integer: 'int',
  long: 'int',
  string: 'text',
  'decimal(8,2)': 'decimal',
  double: 'double',
  timestamp: 'time',
  list: 'list',
};

/** A table that queries may read. */
export interface QueriedTable {
  readonly name: string;
  readonly columns: readonly Column[];
}

/** What a query is built around; those that stand more than once come more often. */
const shapes: readonly (keyof QueryMaker['make'])[] = [
  ...(['project', 'aggregate', 'aggregate', 'aggregate', 'distinct', 'window', 'window', 'setOperation'] as const),
  ...(['join', 'join', 'join', 'join', 'comma', 'full', 'membership', 'membership', 'scalar', 'lateral'] as const),
  ...(['unnest', 'rollup', 'order', 'odd'] as const),
];

const setOperations = [
  ...['union all', 'union all', 'union all'],
  ...['union', 'except', 'except all', 'intersect', 'intersect all'],
];

export class QueryMaker extends ValueMaker {
  readonly #tables: readonly QueriedTable[];
  readonly #ctes: { readonly name: string; readonly columns: readonly MadeColumn[]; readonly sql: string }[] = [];

  constructor(dice: Dice, tables: readonly QueriedTable[] = randomTables) {
    super(dice);
    this.#tables = tables;
  }

  /** One SELECT; `focus` makes its outermost shape. */
  query(focus?: keyof QueryMaker['make']): string {
    const dice = this.dice;
    const ctes = dice.pick([0, 0, 0, 1, 1, 2]);
    for (let i = 0; i < ctes; i++) {
      const { sql, columns } = this.#relation(1 + dice.below(2));
      this.#ctes.push({ name: `cte${i}`, sql, columns });
    }
    const body = focus === undefined ? this.#relation(1 + dice.below(4)) : this.make[focus](1 + dice.below(2));
    const head = this.#ctes.map(({ name, sql }) => `${name} as (${sql})`);
    return `${head.length === 0 ? '' : `with ${head.join(', ')} `}${body.sql}`;
  }

  readonly make = {
    project: (depth: number): Made => {
      const from = this.#below(depth);
      const items = Array.from({ length: 1 + this.dice.below(4) }, () =>
        this.item(this.expression(from, this.dice.pick(['int', 'int', 'text', 'day', 'decimal', 'time'] as const))),
      );
      const where = this.dice.chance(0.6) ? ` where ${this.predicate(from)}` : '';
      return select(items, `(${from.sql}) q${where}`);
    },
    join: (depth: number): Made =>
      this.#join(
        depth,
        this.dice.pick(['join', 'join', 'left join', 'left join', 'right join', 'full join', 'semi join', 'anti join']),
      ),
    full: (depth: number): Made => this.#join(depth, 'full join'),
    comma: (depth: number): Made => this.#join(depth, ','),
    aggregate: (depth: number): Made => this.#aggregate(this.#below(depth), false),
    sums: (depth: number): Made => {
      const made = this.#aggregate(this.#below(depth), false, this.counts());
      return this.dice.chance(0.2) ? select(made.columns.map(asItem), `(${made.sql}) q`) : made;
    },
    /** Sums over rows that are no sum of some of their tables, but have keys of these. */
    compared: (depth: number): Made => {
      const over = this.dice.pick([
        'outer',
        'outer',
        'membership',
        'scalar',
        'aggregate',
        'distinct',
        'window',
      ] as const);
      const rows = over === 'outer' ? this.#join(depth, 'left join') : this.make[over](depth);
      return this.#aggregate(rows, false, this.counts());
    },
    rollup: (depth: number): Made => this.#aggregate(this.#below(depth), true),
    distinct: (depth: number): Made => {
      const from = this.#below(depth);
      const kept = from.columns.filter(() => this.dice.chance(0.5));
      if (kept.length === 0) return from;
      const ints = ofKind(from, 'int');
      if (ints.length === 0 || !this.dice.chance(0.25)) return select(kept.map(asItem), `(${from.sql}) q`, 'distinct ');
      const [by, order] = [this.dice.pick(ints), this.dice.pick(ints)];
      const items = [by, ...kept.filter(({ name }) => name !== by.name)].map(asItem);
      return select(items, `(${from.sql}) q order by ${by.name}, ${order.name}`, `distinct on (${by.name}) `);
    },
    window: (depth: number): Made => this.#window(depth),
    setOperation: (depth: number): Made => this.#setOperation(depth, setOperations),
    membership: (depth: number): Made => this.#membership(this.#below(depth), this.#below(depth)),
    /** Rows of a table beside anything: what comes to the table is added. */
    beside: (depth: number): Made => {
      const rows = this.dice.chance(0.2) ? this.make.unnest(1) : this.#table();
      // What else would seldom be beside rows that only come.
      const isRare = this.dice.chance(0.3);
      const rare = (): Made =>
        this.dice.chance(0.3) ? this.make.window(1) : this.#setOperation(1, setOperations.slice(3));
      const other = isRare ? rare() : this.#relation(depth + 1);
      const how = this.dice.pick([
        'join',
        'left join',
        'right join',
        'semi join',
        'anti join',
        'in',
        'in',
        'all',
      ] as const);
      switch (how) {
        case 'in':
          return this.#membership(rows, other);
        case 'right join':
          return this.#joined(how, other, rows);
        case 'all': {
          const columns = rows.columns.filter(({ kind }) => this.column(other, kind) !== undefined);
          if (columns.length === 0) return rows;
          const theirs = columns.map(({ name, kind }) => ({ name, kind, sql: this.column(other, kind) ?? '' }));
          const sides = [select(columns.map(asItem), `(${rows.sql}) q`), select(theirs, `(${other.sql}) q`)];
          return { sql: sides.map(({ sql }) => sql).join(' union all '), columns };
        }
        default:
          return this.#joined(how, rows, other);
      }
    },
    scalar: (depth: number): Made => {
      const [from, other] = [this.#below(depth), this.#below(depth)];
      const value = this.aggregateOf(other, 'q.');
      const asked = `(select ${value.sql} from (${other.sql}) q where true${this.correlation(from, other, ' and')})`;
      return select(
        [...from.columns.map((column) => asItem(column, 'p.')), this.item({ ...value, sql: asked })],
        `(${from.sql}) p`,
      );
    },
    lateral: (depth: number): Made => {
      const [from, other] = [this.#below(depth), this.#below(depth)];
      const [own, theirs] = [this.column(from, 'int'), this.column(other, 'int')];
      if (own === undefined || theirs === undefined) return from;
      const value = this.item(this.aggregateOf(other, 'q.'));
      const inner = `select ${value.sql} as ${value.name} from (${other.sql}) q where q.${theirs} = p.${own}`;
      const items = [
        ...from.columns.map((column) => asItem(column, 'p.')),
        { ...value, sql: `l.${value.name}`, name: this.name() },
      ];
      return select(items, `(${from.sql}) p, lateral (${inner}) l`);
    },
    unnest: (depth: number): Made => {
      const from = this.#below(depth);
      const list = this.column(from, 'list');
      const others = from.columns.filter(({ kind }) => kind !== 'list');
      if (list === undefined || others.length === 0) return from;
      if (this.dice.chance(0.5))
        return select(
          [...others.map((one) => asItem(one)), this.item({ sql: `unnest(${list})`, kind: 'int' })],
          `(${from.sql}) q`,
        );
      const element = this.item({ sql: 'u.element', kind: 'int' });
      return select(
        [...others.map((one) => asItem(one, 'q.')), element],
        `(${from.sql}) q, unnest(q.${list}) u(element)`,
      );
    },
    order: (depth: number): Made => {
      const from = this.#below(depth);
      const { name } = this.dice.pick(from.columns);
      return {
        ...from,
        sql: `select * from (${from.sql}) q order by ${name}${this.dice.chance(0.3) ? ' limit 3' : ''}`,
      };
    },
    odd: (depth: number): Made => {
      const from = this.#below(depth);
      const int = this.column(from, 'int');
      const shown = from.columns.map((one) => asItem(one, 'q.'));
      if (int === undefined || this.dice.chance(0.5))
        return select([...shown, this.item({ sql: 'random() > 2', kind: 'other' })], `(${from.sql}) q`);
      const steps = 'with recursive rr as (select 0 as n union all select n + 1 from rr where n < 2)';
      const made = select(
        [...shown, this.item({ sql: 'rr.n', kind: 'int' })],
        `(${from.sql}) q join rr on rr.n = q.${int}`,
      );
      return { ...made, sql: `${steps} ${made.sql}` };
    },
  };

  #relation(depth: number): Made {
    if (depth <= 0) return this.#table();
    return this.make[this.dice.pick(shapes)](depth);
  }

  #below(depth: number): Made {
    return this.#relation(depth - 1 - this.dice.below(2));
  }

  #table(): Made {
    if (this.#ctes.length > 0 && this.dice.chance(0.45)) {
      const { name, columns } = this.dice.pick(this.#ctes);
      return select(columns.map(asItem), name);
    }
    const table = this.dice.pick(this.#tables);
    const items = table.columns.map(({ name, type }): Item => {
      const kind = kindOf[typeof type === 'string' ? type : 'list'] ?? 'other';
      return { name: this.name(), kind, sql: name };
    });
    const int = items.find(({ kind, sql }) => kind === 'int' && sql !== 'id');
    const isSome = int !== undefined && this.dice.chance(0.2);
    const where = isSome ? ` where ${int.sql} ${this.dice.pick(['> 0', '= 1', 'is not null', '<> 2'])}` : '';
    return select(items, `${table.name}${where}`);
  }

  #join(depth: number, word: string): Made {
    const left = this.#below(depth);
    return this.#joined(word, left, this.dice.chance(0.12) ? left : this.#below(depth));
  }

  #setOperation(depth: number, words: readonly string[]): Made {
    const [left, right] = [this.#below(depth), this.#below(depth)];
    const kinds = Array.from({ length: 1 + this.dice.below(3) }, () =>
      this.dice.pick(['int', 'int', 'text', 'day'] as const),
    );
    const columns = kinds.map((kind): MadeColumn => ({ name: this.name(), kind }));
    const side = (from: Made): string => {
      const items = columns.map((column): Item => {
        const mark = this.dice.chance(0.08) ? this.literal(column.kind) : this.expression(from, column.kind).sql;
        return { ...column, sql: mark };
      });
      return select(items, `(${from.sql}) q`).sql;
    };
    const word = this.dice.pick(words);
    // The engine makes one operator of several UNIONs in a row.
    const isMore = word.startsWith('union') && this.dice.chance(0.3);
    const more = isMore ? ` ${word} ${side(this.#below(depth))}` : '';
    return { sql: `${side(left)} ${word} ${side(right)}${more}`, columns };
  }

  #membership(from: Made, other: Made): Made {
    const kind = this.dice.pick(['int', 'int', 'text'] as const);
    const [own, theirs] = [this.column(from, kind), this.column(other, kind)];
    if (own === undefined || theirs === undefined) return from;
    const more = this.correlation(from, other, ' and');
    const condition = this.dice.pick([
      `p.${own} in (select q.${theirs} from (${other.sql}) q where true${more})`,
      `p.${own} not in (select q.${theirs} from (${other.sql}) q where true${more})`,
      `exists (select 1 from (${other.sql}) q where q.${theirs} = p.${own}${more})`,
      `not exists (select 1 from (${other.sql}) q where q.${theirs} = p.${own}${more})`,
    ]);
    const shown = from.columns.map((column) => asItem(column, 'p.'));
    if (this.dice.chance(0.12))
      return select([...shown, this.item({ sql: `(${condition})`, kind: 'other' })], `(${from.sql}) p`);
    const also = this.dice.chance(0.2) ? ` ${this.dice.pick(['and', 'or'])} ${this.predicate(from, 'p.')}` : '';
    return select(shown, `(${from.sql}) p where ${condition}${also}`);
  }

  #joined(word: string, left: Made, right: Made): Made {
    const kind = this.dice.pick(['int', 'int', 'int', 'text'] as const);
    const [own, theirs] = [this.column(left, kind), this.column(right, kind)];
    if (own === undefined || theirs === undefined) return left;
    const equal = (): string => {
      const one = this.dice.chance(0.8) ? `p.${this.column(left, kind) ?? own}` : this.expression(left, kind, 'p.').sql;
      return `${one} ${this.dice.chance(0.1) ? 'is not distinct from' : '='} q.${this.column(right, kind) ?? theirs}`;
    };
    const isPlain = !word.startsWith('full');
    const conditions = [
      this.dice.chance(0.65) ? `p.${own} = q.${theirs}` : equal(),
      ...(this.dice.chance(0.3) ? [equal()] : []),
      ...(isPlain && this.dice.chance(0.15) ? [this.predicate(left, 'p.')] : []),
      ...(isPlain && this.dice.chance(0.2) ? this.#between(left, right) : []),
    ];
    const isHalf = word === 'semi join' || word === 'anti join';
    const items: Item[] = left.columns
      .filter(() => this.dice.chance(0.6))
      .map((one) => this.item({ ...one, sql: `p.${one.name}` }));
    if (!isHalf)
      items.push(
        ...right.columns.filter(() => this.dice.chance(0.6)).map((one) => this.item({ ...one, sql: `q.${one.name}` })),
      );
    if (!isPlain && this.dice.chance(0.7)) items.push(this.item({ kind, sql: `coalesce(p.${own}, q.${theirs})` }));
    if (items.length === 0 || this.dice.chance(0.6)) items.push(this.item({ kind, sql: `p.${own}` }));
    const [on, sides] = [conditions.join(' and '), [`(${left.sql}) p`, `(${right.sql}) q`] as const];
    return select(items, word === ',' ? `${sides.join(', ')} where ${on}` : `${sides.join(` ${word} `)} on ${on}`);
  }

  /** A row of the right side that holds from some value on, or always: no equality. */
  #between(left: Made, right: Made): readonly string[] {
    const [own, theirs] = [this.column(left, 'int'), this.column(right, 'int')];
    return own === undefined || theirs === undefined ? [] : [`(p.${own} >= q.${theirs} or q.${theirs} is null)`];
  }

  #aggregate(from: Made, isRollup: boolean, of: Aggregate = (rows) => this.aggregateOf(rows)): Made {
    const groups = Array.from({ length: this.dice.below(3) + (isRollup ? 1 : 0) }, () =>
      this.item(this.#grouping(from, this.dice.pick(['int', 'int', 'text', 'day'] as const))),
    ).filter(({ sql }) => !/^(?:'|\d|NULL|date|timestamp)/i.test(sql));
    const items = [...groups, ...Array.from({ length: 1 + this.dice.below(3) }, () => this.item(of(from)))];
    const where = this.dice.chance(0.25) ? ` where ${this.predicate(from)}` : '';
    const [first] = groups;
    if (first === undefined) return select(items, `(${from.sql}) q${where}`);
    const all = groups.map(({ sql }) => sql).join(', ');
    const plain = this.dice.chance(0.3) ? 'all' : groups.map((_, i) => i + 1).join(', ');
    const sets = this.dice.chance(0.5) ? `rollup(${all})` : `grouping sets ((${all}), (${first.sql}))`;
    const having = this.dice.chance(0.2) ? ` having count(*) > ${this.dice.below(2)}` : '';
    return select(items, `(${from.sql}) q${where} group by ${isRollup ? sets : plain}${having}`);
  }

  #grouping(from: Made, kind: Kind): { readonly sql: string; readonly kind: Kind } {
    const column = this.column(from, kind);
    return column !== undefined && this.dice.chance(0.75) ? { sql: column, kind } : this.expression(from, kind);
  }

  #window(depth: number): Made {
    const from = this.#below(depth);
    const columns = [...ofKind(from, 'int'), ...ofKind(from, 'text')].map(({ name }) => name);
    const [first] = columns;
    if (first === undefined) return from;
    const numbers = [...ofKind(from, 'int').map(({ name }) => name), '1'];
    const over = (isSorted: boolean): string => {
      const more = (): string => (this.dice.chance(0.35) ? `, ${this.dice.pick(columns)}` : '');
      const partition = this.dice.chance(0.92) ? `partition by ${this.dice.pick(columns)}${more()}` : '';
      return `over (${partition}${isSorted ? ` order by ${first}${more()}` : ''})`;
    };
    const windows = Array.from({ length: 1 + this.dice.below(2) }, () => {
      const call = this.dice.pick([
        ...['row_number()', 'rank()', 'dense_rank()', 'count(*)', `sum(${this.dice.pick(numbers)})`],
        ...[`max(${this.dice.pick(columns)})`, `lag(${this.dice.pick(columns)})`],
      ]);
      const isSorted = /row|rank|lag/.test(call) || this.dice.chance(0.4);
      return this.item({ sql: `${call} ${over(isSorted)}`, kind: /lag|max/.test(call) ? 'other' : 'int' });
    });
    const ranked = windows[0];
    const qualify = this.dice.chance(0.4) && ranked?.kind === 'int' ? ` qualify ${ranked.name} = 1` : '';
    return select(
      [...from.columns.filter(() => this.dice.chance(0.8)).map(asItem), ...windows],
      `(${from.sql}) q${qualify}`,
    );
  }
}
