import type { Dice } from '../../core/dice.ts';

// What random SELECTs say of rows: expressions, conditions and aggregates.

export type Kind = 'int' | 'text' | 'decimal' | 'double' | 'time' | 'day' | 'list' | 'other';

export interface MadeColumn {
  readonly name: string;
  readonly kind: Kind;
}

export interface Made {
  readonly sql: string;
  readonly columns: readonly MadeColumn[];
}

/** Something over all rows of a group. */
export type Aggregate = (from: Made) => { readonly sql: string; readonly kind: Kind };

export interface Item extends MadeColumn {
  readonly sql: string;
}
/** Makes them over relations whose columns are known. */
export class ValueMaker {
  protected readonly dice: Dice;
  #names = 0;

  constructor(dice: Dice) {
    this.dice = dice;
  }

  /** Counts and sums, and what is made of those before it. */
  protected counts(): Aggregate {
    const before: string[] = [];
    return (from) => {
      if (before.length === 0 || !this.dice.chance(0.35)) {
        const made = this.countOf(from);
        before.push(made.sql);
        return made;
      }
      const [a, b] = [this.dice.pick(before), this.dice.pick(before)];
      const made = [
        `${a} / ${b}`,
        `round(100.0 * ${a} / nullif(${b}, 0), 2)`,
        `case when ${a} > 1 or ${b} is null then ${a} end`,
      ];
      return {
        kind: 'other',
        sql: this.dice.pick([...made, `${a} - ${b}`, `coalesce(${a}, -1)`, `-${a}::double * 1.5`]),
      };
    };
  }

  protected countOf(from: Made): { readonly sql: string; readonly kind: Kind } {
    const any = this.dice.pick(from.columns).name;
    const number = this.column(from, this.dice.pick(['int', 'int', 'decimal'] as const)) ?? '1';
    const sum = `sum(${number})`;
    const when = ` filter (where ${this.predicate(from)})`;
    return {
      kind: 'other',
      sql: this.dice.pick([
        ...['count(*)', `count(${any})`, sum, sum, `sum(${number} * 2 - 1)`, `coalesce(${sum}, 0)`],
        ...[`count(*)${when}`, `${sum}${when}`, `${sum}::decimal(24,4)`, `count_if(${number} > 1)`],
        ...(this.dice.chance(0.3) ? [`min(${number})`, `max(${number})`, `avg(${number})`, `sum(${number}) / 2`] : []),
      ]),
    };
  }

  protected aggregateOf(from: Made, prefix = ''): { readonly sql: string; readonly kind: Kind } {
    const { name, kind } = this.dice.pick(from.columns);
    const any = `${prefix}${name}`;
    const number = this.column(from, this.dice.pick(['int', 'decimal'] as const));
    const [double, text] = [this.column(from, 'double'), this.column(from, 'text')];
    const choices: { readonly sql: string; readonly kind: Kind }[] = [
      { sql: 'count(*)', kind: 'int' },
      { sql: `count(${any})`, kind: 'int' },
      { sql: `count(distinct ${any})`, kind: 'int' },
    ];
    if (kind !== 'list') choices.push({ sql: `min(${any})`, kind }, { sql: `max(${any})`, kind });
    if (number !== undefined)
      choices.push(
        ...[1, 2].map(() => ({ sql: `sum(${prefix}${number})`, kind: 'other' }) as const),
        { sql: `avg(${prefix}${number})`, kind: 'double' },
        { sql: `median(${prefix}${number})`, kind: 'double' },
      );
    if (double !== undefined) choices.push({ sql: `sum(${prefix}${double})`, kind: 'double' });
    if (text !== undefined) {
      const words = `${prefix}${text}`;
      choices.push({ sql: `string_agg(${words}, ',' order by ${words})`, kind: 'text' });
      choices.push(
        this.dice.chance(0.2)
          ? { sql: `any_value(${words})`, kind: 'text' }
          : { sql: `list(${words} order by ${words})`, kind: 'other' },
      );
    }
    const chosen = this.dice.pick(choices);
    const filter = this.dice.chance(0.12) ? ` filter (where ${this.predicate(from, prefix)})` : '';
    return { ...chosen, sql: `${chosen.sql}${filter}` };
  }

  protected expression(from: Made, kind: Kind, prefix = ''): { readonly sql: string; readonly kind: Kind } {
    const named = (of: Kind): string | undefined => {
      const name = this.column(from, of);
      return name === undefined ? undefined : `${prefix}${name}`;
    };
    const [own, int, text, time] = [named(kind), named('int'), named('text'), named('time')];
    const choices: string[] = [];
    if (own !== undefined)
      choices.push(
        ...[own, own, own, own, `coalesce(${own}, ${this.literal(kind)})`],
        `case when ${own} is null then ${this.literal(kind)} else ${own} end`,
      );
    if (kind === 'int' && own !== undefined) choices.push(`${own} % 2`, `${own} + 1`, `abs(${own} - 2)`);
    if (kind === 'int' && text !== undefined) choices.push(`length(${text})`, `try_cast(substr(${text}, 2) as bigint)`);
    if (kind === 'int' && time !== undefined) choices.push(`year(${time})`);
    if (kind === 'text' && own !== undefined)
      choices.push(`upper(${own})`, `${own} || 'z'`, `substr(${own}, 1, 1)`, `trim(${own}, 'x')`);
    if (kind === 'text' && int !== undefined) choices.push(`cast(${int} as varchar)`);
    if (kind === 'day' && time !== undefined) choices.push(`cast(${time} as date)`);
    if (kind === 'time' && time !== undefined) choices.push(`date_trunc('day', ${time})`);
    if (choices.length === 0 || this.dice.chance(0.05)) choices.push(this.literal(kind));
    return { sql: this.dice.pick(choices), kind };
  }

  protected predicate(from: Made, prefix = ''): string {
    const one = (): string => {
      const choices = [`${prefix}${this.dice.pick(from.columns).name} is not null`];
      const [int, other, text] = [this.column(from, 'int'), this.column(from, 'int'), this.column(from, 'text')];
      if (int !== undefined)
        choices.push(
          `${prefix}${int} > 0`,
          `${prefix}${int} = ${prefix}${other ?? int}`,
          `${prefix}${int} in (1, 2)`,
          `${prefix}${int} <> 2`,
        );
      if (text !== undefined) choices.push(`${prefix}${text} = 'x'`, `${prefix}${text} like 'x%'`);
      return this.dice.pick(choices);
    };
    return this.dice.chance(0.2) ? `(${one()} ${this.dice.pick(['or', 'and'])} ${one()})` : one();
  }

  protected correlation(from: Made, other: Made, word: string): string {
    const [own, theirs] = [this.column(from, 'int'), this.column(other, 'int')];
    if (own === undefined || theirs === undefined || this.dice.chance(0.5)) return '';
    return `${word} q.${theirs} = p.${own}`;
  }

  protected literal(kind: Kind): string {
    switch (kind) {
      case 'int':
        return this.dice.pick(['0', '1', '7']);
      case 'text':
        return this.dice.pick(["'x'", "'none'"]);
      case 'decimal':
        return '1.25';
      case 'time':
        return "timestamptz '2026-01-01 00:00:00+00'";
      case 'day':
        return "date '2026-01-01'";
      default:
        return 'NULL';
    }
  }

  protected column(from: Made, kind: Kind): string | undefined {
    const columns = ofKind(from, kind);
    return columns.length === 0 ? undefined : this.dice.pick(columns).name;
  }

  protected item(made: { readonly sql: string; readonly kind: Kind }): Item {
    return { sql: made.sql, kind: made.kind, name: this.name() };
  }

  protected name(): string {
    return `x${this.#names++}`;
  }
}

export function ofKind({ columns }: Made, kind: Kind): readonly MadeColumn[] {
  return columns.filter((column) => column.kind === kind);
}

export function asItem(column: MadeColumn, prefix: unknown = ''): Item {
  return { ...column, sql: `${typeof prefix === 'string' ? prefix : ''}${column.name}` };
}

export function select(items: readonly Item[], from: string, modifier = ''): Made {
  const list = items.map(({ sql, name }) => (sql === name ? sql : `${sql} as ${name}`)).join(', ');
  return { sql: `select ${modifier}${list} from ${from}`, columns: items };
}
